import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import { fit, sgd } from '../../src';
import { checkpoint, csvLogger, loadCheckpoint } from '../../src/node';
import { memorySource } from '../support/memory-source';
import { tinyModel } from '../support/tiny-model';

const place = temporaryDirectory();

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it('writes a row an epoch, each once, over a resume too', async () => {
  const directory = place();
  const path = join(directory, 'log/history.csv');
  const model = tinyModel();
  const callbacks = [csvLogger(path), checkpoint({ directory })];
  const options = {
    train: memorySource(),
    validation: memorySource({ seed: 2 }),
    optimizer: sgd(),
    callbacks,
  };
  await fit(model, { ...options, epochs: 2 });
  const history = await fit(model, { ...options, epochs: 3, resume: await loadCheckpoint(directory, model) });
  const rows = history.epochs.map(({ epoch, step, metrics }) =>
    [epoch + 1, step, ...Object.values(metrics)].join(),
  );
  expect(await readFile(path, 'utf8')).toBe(
    ['epoch,step,loss,accuracy,learningRate,valLoss,valAccuracy', ...rows, ''].join('\n'),
  );
  model.dispose();
});
