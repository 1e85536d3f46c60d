import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { torchTensors, writeSafetensors } from '@zoo/weights';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { type HubServer, startHubServer } from '../../../test-support/hub-server';
import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet, pretrained } from '../src';
import { timmModuleName } from '../src/hub/timm-names';

const SCRIPT = fileURLToPath(new URL('hub_cache.py', import.meta.url));
const ID = 'user/small';
const FILES = ['config.json', 'model.safetensors'];

interface Answer {
  readonly paths: readonly string[];
  readonly repositories: readonly { id: string; files: readonly string[] }[];
  readonly warnings: readonly string[];
}

describe.skipIf(isOracleAbsent)(`the cache that huggingface_hub has${ORACLE_NOTE}`, () => {
  const place = temporaryDirectory();
  let hub: HubServer;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    hub = await startHubServer();
    const model = createResnet('test_resnet', { classes: 3, seed: 1 });
    const layers = new Set(model.layers.map(({ name }) => name));
    const tensors = await torchTensors(model, (name) => timmModuleName(name, 'test_resnet', layers));
    model.dispose();
    hub.files.set(`${ID}/model.safetensors`, Buffer.from(writeSafetensors(tensors)));
    const config = { architecture: 'test_resnet', num_classes: 3, pretrained_cfg: {} };
    hub.files.set(`${ID}/config.json`, Buffer.from(JSON.stringify(config)));
  });
  afterAll(() => {
    hub.close();
  });
  beforeEach(() => {
    vi.stubEnv('HF_ENDPOINT', hub.endpoint);
    vi.stubEnv('HF_HUB_CACHE', place('cache'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const python = (offline: boolean): Promise<Answer> =>
    runOracle(
      SCRIPT,
      { endpoint: hub.endpoint, cache: place('cache'), id: ID, files: FILES, offline },
      place('job.json'),
    );

  it('holds what we downloaded: Python finds it without asking, and sees nothing wrong', async () => {
    (await pretrained(`hf:${ID}`)).dispose();
    const { paths, repositories, warnings } = await python(true);
    for (const [i, name] of FILES.entries()) {
      expect(hub.files.get(`${ID}/${name}`)!.equals(await readFile(paths[i]!)), name).toBe(true);
    }
    expect([repositories, warnings]).toEqual([[{ id: ID, files: FILES }], []]);
  });

  it('is read where Python downloaded: nothing is asked offline', async () => {
    await python(false);
    hub.requests.length = 0;
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    (await pretrained(`hf:${ID}`)).dispose();
    expect(hub.requests).toEqual([]);
  });
});
