import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { isZooError } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  isOracleAbsent,
  ORACLE_ENVIRONMENT,
  ORACLE_NOTE,
  ORACLE_PYTHON,
  runOracle,
} from '../../../vitest.oracle-python';
import { exportOnnx, loadKerasModel } from '../src/node';
import { temporaryFolder } from '../test/support/temporary-folder';

/** Generators of small files in situations that users reported, kept outside the repository. */
const CASES = process.env['ZOO_CASES'] ?? fileURLToPath(new URL('../../../../shared/cases', import.meta.url));
const SETS = ['layers', 'more', 'nets'];
const isAbsent = isOracleAbsent || !existsSync(CASES);
const note = isOracleAbsent ? ORACLE_NOTE : isAbsent ? ` (skipped: no cases at ${CASES})` : '';

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
  mixed_bfloat16: 1e-2,
  pure_float16: 1e-2,
};

const place = temporaryFolder();

describe.skipIf(isAbsent)(`the cases that users reported${note}`, () => {
  const faults: string[] = [];
  const refusals: string[] = [];
  const exported: Record<string, object> = {};
  let loaded = 0;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    await mkdir(place('onnx'));
    for (const set of SETS) await generate(set);
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
    const script = fileURLToPath(new URL('shared_cases.py', import.meta.url));
    const answer = await runOracle<Record<string, string>>(script, { cases: exported }, place('job.json'));
    expect(answer).toEqual({});
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
    const onnx = place(`onnx/${set}-${name}.onnx`);
    try {
      await writeFile(onnx, await exportOnnx(model));
    } catch (error) {
      if (isZooError(error, 'unsupported')) refusals.push(`${set}/${name}.onnx: ${error.message}`);
      else faults.push(`${set}/${name}.onnx: ${String(error)}`);
      return;
    }
    const [x, y] = ['x', 'y'].map((end) => place(`out/${set}/${name}.${end}`));
    exported[`${set}/${name}`] = { onnx, x, y, tolerance: HALF[name] ?? 1e-4, ...entry };
  }

  /** The largest difference from the oracle's values, as a part of the largest of these where that is above 1. */
  async function differenceOf(
    model: tfl.LayersModel,
    set: string,
    name: string,
    { shape, yshape }: Case,
  ): Promise<number> {
    const [x, y] = await Promise.all(
      ['x', 'y'].map(async (end) => floatsOf(await readFile(place(`out/${set}/${name}.${end}`)))),
    );
    const output = tf.tidy(() => model.predict(tf.tensor(x!, shape)) as tf.Tensor);
    const values = await output.data<'float32'>();
    output.dispose();
    if (String(output.shape) !== String(yshape)) return Infinity;
    const scale = y!.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    return y!.reduce((largest, value, i) => Math.max(largest, Math.abs(value - values[i]!)), 0) / scale;
  }
});

async function generate(set: string): Promise<void> {
  await copyFile(join(CASES, `${set}.py`), place(`${set}.py`));
  await promisify(execFile)(ORACLE_PYTHON, [`${set}.py`], {
    cwd: place('.'),
    env: ORACLE_ENVIRONMENT,
    maxBuffer: 64 * 1024 * 1024,
  });
}

function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
