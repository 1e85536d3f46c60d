import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { exportOnnx } from '@zoo/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet } from '../src';

import { drawVectors } from './draw-vectors';
import { timmOptions } from './timm-options';

/** Networks of each kind of block, in groups for one start of Python each. */
const GROUPS: readonly (readonly string[])[] = [
  ['resnet20', 'resnet10t', 'resnetv2_18'],
  ['resnet18', 'seresnet18'],
  ['resnet26d', 'seresnext26d_32x4d', 'ecaresnet26t'],
];
const SIZE = 64;
const SCRIPT = fileURLToPath(new URL('../../weights/oracle/quantized_onnx.py', import.meta.url));

/** Root mean square differences from the float32 file's outputs, as shares of these. */
interface Facts {
  readonly fault?: string;
  readonly error: number;
  readonly bytes: number;
}

describe.skipIf(isOracleAbsent)(`networks as quantized ONNX in onnxruntime${ORACLE_NOTE}`, () => {
  let engine: SelectedEngine;
  const place = temporaryDirectory('suite');

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
  });
  afterAll(async () => {
    await engine.dispose();
  });

  it.each(GROUPS.map((names) => [names.join(', '), names] as const))(
    'answer as in float32: %s',
    async (_, names) => {
      const cases: Record<string, object> = {};
      for (const name of names) cases[name] = await writeCase(name, place);
      const answers = await runOracle<Record<string, Record<string, Facts>>>(
        SCRIPT,
        { folder: place(), cases },
        place('job.json'),
      );
      for (const name of names) {
        const { float32, float16, int8, calibrated } = answers[name]!;
        expect(Object.keys(answers[name]!).length, name).toBe(4);
        const errors = [float16!.error, int8!.error, calibrated!.error]
          .map((error) => error.toFixed(4))
          .join(', ');
        expect(float16!.error, `${name}: ${errors}`).toBeLessThan(2e-3);
        expect(int8!.error, `${name}: ${errors}`).toBeLessThan(0.05);
        expect(calibrated!.error, `${name}: ${errors}`).toBeLessThan(0.1);
        expect(calibrated!.bytes / float32!.bytes, name).toBeLessThan(0.3);
      }
    },
  );
});

/** Writes a network's files in all types, calibrated on noise, and gives what they are to be asked. */
async function writeCase(name: string, place: (file: string) => string): Promise<object> {
  const model = createResnet(name, {
    ...timmOptions(name),
    ...{ kernelInitializer: 'heNormal', inputShape: [SIZE, SIZE, 3], classifierActivation: null, seed: 1 },
  });
  try {
    drawVectors(model);
    const batches = [1, 2, 3].map((seed) =>
      tf.randomNormal<tf.Rank.R4>([4, SIZE, SIZE, 3], 0, 1, 'float32', seed),
    );
    const inputs = [[...(await batches[0]!.data())]];
    const shapes = [batches[0]!.shape];
    for (const dtype of ['float32', 'float16', 'int8'] as const) {
      await writeFile(place(`${name}.${dtype}.onnx`), await exportOnnx(model, { dtype }));
    }
    const calibrated = await exportOnnx(model, { dtype: 'int8', calibration: batches });
    await writeFile(place(`${name}.calibrated.onnx`), calibrated);
    return { inputs, shapes };
  } finally {
    model.dispose();
  }
}
