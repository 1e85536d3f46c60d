import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { blurred, evoNormS0, filterResponse, groupNorm } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { exportOnnx } from '@zoo/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet, type ResNetOptions } from '../src';

import { drawVectors } from './draw-vectors';
import { timmOptions } from './timm-options';

/** A network with each piece that stock layers lack. */
const NETWORKS: readonly (readonly [name: string, options: ResNetOptions])[] = [
  ['resnet18', { normalization: groupNorm }],
  ['resnet18', { normalization: evoNormS0 }],
  ['resnet18', { normalization: filterResponse }],
  ['resnet18', { antialias: blurred }],
  ['ecaresnet26t', {}],
  ['seresnext26d_32x4d', {}],
  ['resnetv2_50x1_bit', {}],
];
const SCRIPT = fileURLToPath(new URL('../../weights/oracle/onnx_layers.py', import.meta.url));

describe.skipIf(isOracleAbsent)(`networks as ONNX in onnxruntime${ORACLE_NOTE}`, () => {
  let engine: SelectedEngine;
  const place = temporaryDirectory('suite');

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
  });
  afterAll(async () => {
    await engine.dispose();
  });

  it('give our outputs within 1e-4 of the largest', async () => {
    const cases: Record<string, object> = {};
    for (const [index, [network, options]] of NETWORKS.entries()) {
      const name = `${index}-${network}`;
      const model = createResnet(network, {
        ...timmOptions(network),
        kernelInitializer: 'heNormal',
        inputShape: [64, 64, 3],
        ...options,
      });
      drawVectors(model);
      await writeFile(place(`${name}.onnx`), await exportOnnx(model));
      cases[name] = answerOf(model);
      model.dispose();
    }
    expect(await runOracle(SCRIPT, { folder: place(), cases }, place('job.json'))).toEqual({});
  });
});

function answerOf(model: tfl.LayersModel): object {
  return tf.tidy(() => {
    const picture: tf.Tensor = tf.randomNormal([1, 64, 64, 3], 0, 1, 'float32', 7);
    const output = model.predict(picture) as tf.Tensor;
    const values = [...output.dataSync()];
    const largest = Math.max(...values.map(Math.abs));
    return {
      inputs: [[...picture.dataSync()]],
      inputShapes: [picture.shape],
      output: values,
      outputShape: output.shape,
      // Of the largest value, also where that is below 1.
      tolerance: 1e-4 * Math.min(1, largest),
    };
  });
}
