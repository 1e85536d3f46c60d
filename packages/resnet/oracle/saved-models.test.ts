import { execFileSync } from 'node:child_process';

import * as tf from '@tensorflow/tfjs-core';
import { saveKerasH5 } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  isOracleAbsent,
  ORACLE_ENVIRONMENT,
  ORACLE_NOTE,
  ORACLE_PYTHON,
} from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet, type ResNetOptions } from '../src';
import { fillByFormula, formulaPicture } from '../test/formula';

// Loads the model from its own configuration, fills it with nothing, and answers for the formula's picture.
const SCRIPT = `
import json, sys
sys.path.insert(0, sys.argv[2])
import keras
from resnet_formula import picture
model = keras.models.load_model(sys.argv[1], compile=False)
output = model(picture(*model.input_shape[1:3]), training=False).numpy()
print(json.dumps({"parameters": model.count_params(), "output": output.reshape(-1).tolist()}))
`;
const scripts = new URL('../../../scripts/golden', import.meta.url).pathname;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const place = temporaryDirectory();
describe.skipIf(isOracleAbsent)(`Keras loads a saved model and answers as we do${ORACLE_NOTE}`, () => {
  it.each<[string, ResNetOptions]>([
    ['resnet18', {}],
    ['resnet50', { variant: 'torchvision' }],
    ['resnet50v2', {}],
    ['resnet18', { variant: 'resnetD', stochasticDepth: 0.1, dropRate: 0.2, seed: 1 }],
    ['se_resnet50', {}],
    ['resnext50_32x4d', {}],
    ['resnet20', { shortcut: 'A' }],
    ['resnet20', { shortcut: 'subsample-pad-both' }],
    ['resnet20', { shortcut: 'average-pad-both' }],
    ['resnet20', { shortcut: 'average-pad-end' }],
    ['resnet20', { shortcut: 'none' }],
    ['preactivation_resnet164', {}],
  ])('%s with %j', async (name, options) => {
    const size = /resnet(20|164)$/.test(name) ? 32 : 64;
    const model = createResnet(name, { classes: 10, inputShape: [size, size, 3], ...options });
    fillByFormula(model);
    const path = place('model.h5');
    await saveKerasH5(model, path);
    const text = execFileSync(ORACLE_PYTHON, ['-c', SCRIPT, path, scripts], {
      env: ORACLE_ENVIRONMENT,
      encoding: 'utf8',
    });
    const keras = JSON.parse(text.trim().split('\n').at(-1)!) as { parameters: number; output: number[] };
    expect(keras.parameters).toBe(model.countParams());
    const ours = tf.tidy(() => [...(model.predict(formulaPicture(size, size)) as tf.Tensor).dataSync()]);
    model.dispose();
    const largest = Math.max(...ours.map(Math.abs));
    const error = Math.max(...ours.map((value, i) => Math.abs(value - keras.output[i]!)));
    expect(error / largest).toBeLessThan(1e-4);
  });
});
