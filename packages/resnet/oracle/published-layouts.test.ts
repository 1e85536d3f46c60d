import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';
import { modelMetadata, PIXEL_NORMALIZATIONS } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startFileServer, type FileServer } from '../../../test-support/file-server';
import { isOracleAbsent, ORACLE_NOTE, ORACLE_PYTHON } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet, identifyNetwork, loadNetwork } from '../src';
import { type PretrainedEntry, pretrainedEntry } from '../src/pretrained/catalogue';
import { expectGolden, formulaPicture } from '../test/formula';

const script = new URL('../../../scripts/golden/resnet_files.py', import.meta.url).pathname;

interface PublishedFile {
  readonly entry: string;
  readonly file: string;
  readonly output: NonNullable<Parameters<typeof expectGolden>[1]>;
}

// Catalogue, server, download, hash, reader and names of layers together, on files that Keras and PyTorch wrote.
describe.skipIf(isOracleAbsent)(`a file in its publisher’s layout${ORACLE_NOTE}`, () => {
  let engine: SelectedEngine;
  let server: FileServer;
  const place = temporaryDirectory('suite');
  let files: readonly PublishedFile[];

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
    server = await startFileServer();
    // What Python says goes into the error, where it fails.
    execFileSync(ORACLE_PYTHON, [script, place()], { stdio: ['ignore', 'ignore', 'pipe'] });
    files = JSON.parse(await readFile(place('expected.json'), 'utf8')) as PublishedFile[];
  });
  afterAll(async () => {
    server.close();
    await engine.dispose();
  });

  /** The catalogue's entry, but for the address and hash of the file that the server has now. */
  async function serve({ entry: name, file }: PublishedFile): Promise<PretrainedEntry> {
    const entry = pretrainedEntry(name);
    server.content = await readFile(place(file));
    const { algorithm } = entry.hash;
    const digest = createHash(algorithm)
      .update(server.content)
      .digest('hex')
      .slice(0, entry.hash.digest.length);
    return { ...entry, url: server.url, hash: { algorithm, digest } };
  }

  const NAMES = [
    'resnet50.keras_in1k',
    'resnet50.keras_in1k_notop',
    'resnet50v2.keras_in1k_notop',
    'resnet50.chollet_in1k',
    'preactivation_resnet18.qubvel_in1k',
    'resnet18.tv_in1k',
    'wide_resnet50_2.tv_in1k',
    'seresnet50.ra2_in1k',
    'resnext50_32x4d.tv_in1k',
    'resnet50d.ra2_in1k',
    'resnet18.a1_in1k',
  ];

  it.each(NAMES)('%s: told by its content alone, it answers as its own library does', async (name) => {
    const { file, output } = files.find(({ entry }) => entry === name)!;
    const { architecture, variant, includeTop, layout, normalization } = pretrainedEntry(name);
    const path = place(file);
    const identity = await identifyNetwork(path);
    const options = identity.options.variant === undefined ? {} : { variant };
    expect(identity).toMatchObject({ architecture, options, ambiguities: [], channels: 3, normalization });
    expect(identity.classes).toBe(includeTop ? 1000 : undefined);
    const isTorch = layout === 'torch' && { classifierActivation: null };
    const model = await loadNetwork(path, { inputShape: [37, 45, 3], ...isTorch });
    tf.tidy(() => {
      expectGolden(model.predict(formulaPicture(37, 45)) as tf.Tensor, output);
    });
    model.dispose();
  });

  it.each(NAMES)('%s: downloaded, verified, loaded, it answers as its own library does', async (name) => {
    const file = files.find(({ entry }) => entry === name)!;
    const entry = await serve(file);
    const model = await createResnet(entry.architecture, {
      weights: entry,
      includeTop: entry.includeTop,
      inputShape: [37, 45, 3],
      cacheDirectory: place('cache'),
      kerasDirectory: place('keras'),
      ...(entry.layout === 'torch' && { classifierActivation: null }),
    });
    expect(modelMetadata(model)!.preprocessing!.normalization).toEqual(
      PIXEL_NORMALIZATIONS[entry.normalization],
    );
    tf.tidy(() => {
      expectGolden(model.predict(formulaPicture(37, 45)) as tf.Tensor, file.output);
    });
    model.dispose();
  });

  it('with a classifier serves a net without one', async () => {
    const [top, notop] = ['resnet50.keras_in1k', 'resnet50.keras_in1k_notop'].map((name) =>
      files.find(({ entry }) => entry === name)!,
    );
    const model = await createResnet('resnet50', {
      weights: await serve(top!),
      includeTop: false,
      cacheDirectory: place('cache'),
      kerasDirectory: place('keras'),
    });
    tf.tidy(() => {
      expectGolden(model.predict(formulaPicture(37, 45)) as tf.Tensor, notop!.output);
    });
    model.dispose();
  });
});
