import { readFileSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tfl from '@tensorflow/tfjs-layers';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { bundlePage, CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { encodeKerasH5 } from '../src/keras/encode-keras-h5';
import { encodeSafetensors, loadKerasModel } from '../src/node';
import { outputsOf, randomizeWeights, weightValues } from '../test/support/small-models';

import type { FileKind, Loader, WeightsPage } from './page';
import { serveFiles, type FileServer } from './serve-files';

const place = temporaryDirectory();

const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../test/fixtures/${name}`, import.meta.url))));

/** A layer of a few numbers behind one of four megabytes. */
function lopsidedModel(): tfl.LayersModel {
  const model = tfl.sequential({ name: 'lopsided' });
  model.add(tfl.layers.dense({ name: 'large', units: 8, inputShape: [131072] }));
  model.add(tfl.layers.dense({ name: 'little', units: 4 }));
  return randomizeWeights(model);
}

async function h5Bytes(model: tfl.LayersModel): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeKerasH5(model).pieces()) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe.skipIf(isChromiumAbsent)(`loading in Chromium${CHROMIUM_NOTE}`, () => {
  let browser: Browser;
  let page: Page;
  let server: FileServer;
  let little: number[][];
  let expected: { outputs: number[]; weights: number[][] };

  beforeAll(async () => {
    const [script] = await bundlePage(fileURLToPath(new URL('page.ts', import.meta.url)));
    server = await serveFiles();
    for (const name of ['keras3.h5', 'keras3.keras', 'keras3.weights.h5'])
      server.files.set(name, fixture(name));
    const model = await loadKerasModel(fixture('keras3.h5'));
    expected = { outputs: outputsOf(model), weights: weightValues(model) };
    server.files.set('model.safetensors', await encodeSafetensors(model));
    model.dispose();
    const lopsided = lopsidedModel();
    server.files.set('lopsided.h5', await h5Bytes(lopsided));
    little = lopsided.getLayer('little').weights.map((weight) => [...weight.read().dataSync()]);
    lopsided.dispose();
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(server.address);
    await page.addScriptTag({ content: script!.text });
  });

  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  beforeEach(() => {
    server.requests.length = 0;
    server.abandoned.length = 0;
  });

  const inPage = <Name extends keyof WeightsPage>(name: Name, ...values: Parameters<WeightsPage[Name]>) =>
    page.evaluate(
      `weightsPage.${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`,
    ) as ReturnType<WeightsPage[Name]>;

  const files: readonly [file: string, loader: Loader][] = [
    ['keras3.h5', 'loadKerasModel'],
    ['keras3.keras', 'loadKerasModel'],
    ['keras3.weights.h5', 'loadKerasWeights'],
    ['model.safetensors', 'loadSafetensors'],
  ];
  const kinds: readonly FileKind[] = ['a File', 'a Blob', 'an ArrayBuffer', 'an address', 'a URL'];

  describe.each(files)('%s', (file, loader) => {
    it.each(kinds)('from %s gives the weights and outputs that it gives in Node', async (kind) => {
      const result = await inPage('load', loader, `ranged/${file}`, kind, 'whole/keras3.h5');
      expect(result.weights).toEqual(expected.weights);
      result.outputs.forEach((output, i) => expect(output).toBeCloseTo(expected.outputs[i]!, 6));
      expect(result.leakedTensors).toBe(0);
      const isRanged = kind === 'an address' || kind === 'a URL';
      const ranges = server.requests
        .filter(({ name }) => name === file)
        .map(({ range }) => range !== undefined);
      expect(new Set(ranges)).toEqual(new Set([isRanged]));
    });

    it('from a server without ranges is fetched once, as a whole', async () => {
      const result = await inPage('load', loader, `whole/${file}`, 'an address', 'ranged/keras3.h5');
      expect(result.weights).toEqual(expected.weights);
      const sizes = server.requests.filter(({ name }) => name === file).map(({ sentBytes }) => sentBytes);
      expect(sizes).toEqual([server.files.get(file)!.length]);
    });
  });

  it('of a large file, only the directory and the weights that are wanted are fetched', async () => {
    const { loaded, weights } = await inPage('loadOneLayer', 'ranged/lopsided.h5', 'little', 4);
    expect(loaded).toEqual(['little/kernel', 'little/bias']);
    expect(weights).toEqual(little);
    const sentBytes = server.requests.reduce((total, request) => total + request.sentBytes, 0);
    expect(server.files.get('lopsided.h5')!.length).toBeGreaterThan(4 * 1024 * 1024);
    expect(sentBytes).toBeLessThan(256 * 1024);
  });

  it('a file of small weights takes few requests', async () => {
    await inPage('load', 'loadKerasModel', 'ranged/keras3.h5', 'an address', '');
    expect(server.requests.length).toBeLessThan(5);
  });

  it('progress counts every weight and ends at all bytes', async () => {
    const seen = await inPage('progress', 'ranged/keras3.h5');
    expect(seen.map(({ loadedWeights }) => loadedWeights)).toEqual(expected.weights.map((_, i) => i + 1));
    expect(seen.at(-1)).toMatchObject({
      totalWeights: expected.weights.length,
      loadedBytes: 4 * expected.weights.flat().length,
      totalBytes: 4 * expected.weights.flat().length,
    });
  });

  it('aborted between two weights, it throws the reason and leaves the model as it was', async () => {
    const { message, isUnchanged } = await inPage('abort', 'ranged/keras3.h5', 'whole/keras3.h5', {
      afterWeights: 3,
    });
    expect([message, isUnchanged]).toEqual(['enough', true]);
  });

  it('aborted while the server keeps silent, it gives the request up at once', async () => {
    const ended = await inPage('abort', 'stalled/lopsided.h5', 'whole/lopsided.h5', { afterMs: 200 });
    expect([ended.message, ended.isUnchanged]).toEqual(['enough', true]);
    expect(ended.durationMs).toBeLessThan(5000);
    await expect.poll(() => server.abandoned).toContain('lopsided.h5');
  });

  it('a chosen file that changed on the disk since is refused', async () => {
    const path = place('chosen.h5');
    await writeFile(path, server.files.get('lopsided.h5')!);
    await page.setInputFiles('input', path);
    await appendFile(path, 'more');
    await page.waitForTimeout(20);
    const { code, message } = await inPage('refuseChosen', 'whole/lopsided.h5');
    expect(code, message).toBe('invalid-file');
    expect(message).toMatch(/chosen\.h5 can no longer be read/);
  });

  it('a connection that breaks half-way is a failed download', async () => {
    const { code, message } = await inPage('refuse', 'broken/lopsided.h5', 'whole/lopsided.h5');
    expect(code, message).toBe('download');
  });

  it('an address that holds nothing is named', async () => {
    const { code, message } = await inPage('refuse', 'ranged/absent.h5', 'whole/keras3.h5');
    expect(code).toBe('download');
    expect(message).toMatch(/ranged\/absent\.h5.*404/);
  });
});
