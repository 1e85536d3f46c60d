import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { isZooError } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { runOracle } from '../../../test-support/oracle-python';
import { areCasesAbsent, CASES_NOTE, writeCases } from '../../../test-support/shared-cases';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { exportOnnx, loadKerasModel } from '../src/node';

const SETS = ['layers', 'more', 'nets'];

interface Case {
  readonly shape: number[];
  readonly yshape: number[];
  readonly keras?: boolean | number;
  readonly h5?: boolean | number;
}

/** Keras on PyTorch, which the generators run, averages differently here; on TensorFlow it gives our values. */
const OTHER_BACKEND = ['AveragePooling2D_same_23_11'];
/** Computed in half precision by Keras, in single precision by us. */
const HALF: Readonly<Record<string, number>> = {
  mixed_float16: 1e-3,
  opt_lossscale: 1e-3,
  mixed_bfloat16: 1e-2,
  pure_float16: 1e-2,
};

const place = temporaryDirectory('suite');

describe.skipIf(areCasesAbsent)(`the cases that users reported${CASES_NOTE}`, () => {
  const faults: string[] = [];
  const refusals: string[] = [];
  const exported: Record<string, object> = {};
  let loaded = 0;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    for (const set of SETS) await writeCases(`${set}.py`, place());
    for (const set of SETS) {
      const index = JSON.parse(await readFile(place(`out/${set}/index.json`), 'utf8')) as Record<
        string,
        Case
      >;
      for (const [name, entry] of Object.entries(index)) {
        if (OTHER_BACKEND.includes(name)) continue;
        for (const ending of ['keras', 'h5'] as const)
          if (entry[ending]) await tryFile(set, name, ending, entry);
      }
    }
  });

  it("give the oracle's values from .keras and .h5", () => {
    expect(faults).toEqual([]);
    expect(loaded).toBeGreaterThan(400);
  });

  it('or are refused by the name of a layer', () => {
    expect(refusals.filter((message) => !/'[\w. -]+'/.test(message))).toEqual([]);
  });

  it("give the oracle's values in onnxruntime, from ONNX", async () => {
    expect(Object.keys(exported).length).toBeGreaterThan(200);
    const script = fileURLToPath(new URL('onnx_layers.py', import.meta.url));
    const job = { folder: place(), cases: exported };
    expect(await runOracle<Record<string, string>>(script, job, place('job.json'))).toEqual({});
  });

  async function tryFile(set: string, name: string, ending: 'keras' | 'h5', entry: Case): Promise<void> {
    const file = place(`out/${set}/${name}.${ending}`);
    const where = `${set}/${name}.${ending}`;
    let model: tfl.LayersModel;
    try {
      model = await loadKerasModel(file);
    } catch (error) {
      if (isZooError(error, 'unsupported')) refusals.push(`${where}: ${error.message}`);
      else faults.push(`${where}: ${String(error)}`);
      return;
    }
    loaded++;
    const difference = await differenceOf(model, set, name, entry);
    if (!(difference <= (HALF[name] ?? 1e-4))) faults.push(`${where}: differs by ${difference}`);
    if (ending === 'keras') await tryOnnx(model, set, name, entry);
    model.dispose();
  }

  async function tryOnnx(model: tfl.LayersModel, set: string, name: string, entry: Case): Promise<void> {
    try {
      await writeFile(place(`${set}-${name}.onnx`), await exportOnnx(model));
    } catch (error) {
      if (isZooError(error, 'unsupported')) refusals.push(`${set}/${name}.onnx: ${error.message}`);
      else faults.push(`${set}/${name}.onnx: ${String(error)}`);
      return;
    }
    const { x, y } = await valuesOf(set, name);
    exported[`${set}-${name}`] = {
      inputs: [[...x]],
      inputShapes: [entry.shape],
      output: [...y],
      outputShape: entry.yshape,
      tolerance: HALF[name] ?? 1e-4,
    };
  }

  /** The largest difference from the oracle's values, as a part of the largest of these where that is above 1. */
  async function differenceOf(
    model: tfl.LayersModel,
    set: string,
    name: string,
    { shape, yshape }: Case,
  ): Promise<number> {
    const { x, y } = await valuesOf(set, name);
    const output = tf.tidy(() => model.predict(tf.tensor(x, shape)) as tf.Tensor);
    const values = await output.data<'float32'>();
    output.dispose();
    if (String(output.shape) !== String(yshape)) return Infinity;
    const scale = y.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    return y.reduce((largest, value, i) => Math.max(largest, Math.abs(value - values[i]!)), 0) / scale;
  }
});

/** What a case is given, and what the oracle makes of it. */
async function valuesOf(set: string, name: string): Promise<{ x: Float32Array; y: Float32Array }> {
  const [x, y] = await Promise.all(
    ['x', 'y'].map(async (end) => {
      const bytes = await readFile(place(`out/${set}/${name}.${end}`));
      return new Float32Array(new Uint8Array(bytes).buffer);
    }),
  );
  return { x: x!, y: y! };
}
