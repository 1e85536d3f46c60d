import { readdir, readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { serveFiles, type FileServer } from '../browser/serve-files';
import { loadKerasModel, loadKerasWeights, saveKeras, saveKerasH5, saveKerasWeights } from '../src/node';

import { nestedModel, outputsOf, smallResidualNet, weightValues, zeroWeights } from './support/small-models';

const place = temporaryDirectory('suite');

it('a file: URL leads to its file, whatever its name needs escaped', async () => {
  const model = smallResidualNet();
  await saveKerasH5(model, place('größe #1, 100% ядро.h5'));
  const loaded = await loadKerasModel(pathToFileURL(place('größe #1, 100% ядро.h5')));
  expect(outputsOf(loaded)).toEqual(outputsOf(model));
  [model, loaded].forEach((each) => each.dispose());
});

describe('an http address in Node, through the global fetch', () => {
  let server: FileServer;

  beforeAll(async () => {
    server = await serveFiles();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.requests.length = 0;
  });

  it.each([
    ['as text, of a server that answers ranges', 'ranged', String],
    ['as a URL, of a server that answers ranges', 'ranged', (address: string) => new URL(address)],
    ['of a server that sends whole files only', 'whole', String],
  ])('%s gives a model with equal outputs', async (_, way, toFile) => {
    const model = smallResidualNet();
    await saveKeras(model, place('served.keras'));
    server.files.set('served.keras', await readFile(place('served.keras')));
    const loaded = await loadKerasModel(toFile(`${server.address}${way}/served.keras`));
    expect(outputsOf(loaded)).toEqual(outputsOf(model));
    [model, loaded].forEach((each) => each.dispose());
  });

  it('that has no file is an error that says what the server answered', async () => {
    await expect(loadKerasModel(`${server.address}ranged/absent.h5`)).rejects.toMatchObject({
      code: 'download',
      message: expect.stringContaining('404') as string,
    });
  });

  it('of an index of shards leads to the shards beside it', async () => {
    const model = nestedModel();
    await saveKerasWeights(model, place('shards.weights.json'), { maxShardBytes: 300 });
    const shards = (await readdir(place('.'))).filter((name) => name.startsWith('shards'));
    for (const name of shards) server.files.set(name, await readFile(place(name)));
    const target = nestedModel();
    zeroWeights(target);
    await loadKerasWeights(target, `${server.address}ranged/shards.weights.json`);
    expect(weightValues(target)).toEqual(weightValues(model));
    // All but the one without weights that Keras wants to open.
    const read = shards.filter((name) => name !== 'shards_00000.weights.h5');
    expect(new Set(server.requests.map(({ name }) => name))).toEqual(new Set(read));
    expect(shards.length).toBeGreaterThan(2);
    [model, target].forEach((each) => each.dispose());
  });
});
