import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { createRandom } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { modelWeights, saveSafetensors, writeSafetensors, type WritableTensor } from '../src/node';
import { smallResidualNet } from '../test/support/small-models';

interface Content {
  tensors: Record<string, { type: string; shape: number[]; values: number[] }>;
  metadata: Record<string, string> | null;
  /** What numpy rounds to float16, by name. */
  float16: Record<string, number[]>;
}

const place = temporaryDirectory('suite');
const readInPython = (path: string, float16: string[] = []) =>
  runOracle<Content>(
    fileURLToPath(new URL('safetensors_file.py', import.meta.url)),
    { path, float16 },
    place('job.json'),
  );

describe.skipIf(isOracleAbsent)(`what Python's safetensors reads of a file from here${ORACLE_NOTE}`, () => {
  it('is every weight of a model, by its name', async () => {
    const model = smallResidualNet();
    await saveSafetensors(model, place('model.safetensors'));
    const { tensors } = await readInPython(place('model.safetensors'));
    const weights = modelWeights(model).map(({ name, variable }) => {
      const values = [...variable.read().dataSync()];
      return [name, { type: 'float32', shape: variable.shape, values }] as const;
    });
    expect(tensors).toEqual(Object.fromEntries(weights));
    model.dispose();
  });

  it('is every type of number, empty and scalar tensors, names beyond ASCII and metadata', async () => {
    const written: Record<string, WritableTensor> = {
      flags: { type: 'uint8', shape: [3], values: Uint8Array.of(1, 2, 255) },
      step: { type: 'int64', shape: [], values: BigInt64Array.of(-7n) },
      'größe/ядро': { type: 'float32', shape: [1, 2], values: Float32Array.of(0.5, -1e-30) },
      rate: { type: 'float64', shape: [1], values: Float64Array.of(0.1) },
      labels: { type: 'int32', shape: [2, 1], values: Int32Array.of(-1, 2 ** 31 - 1) },
      none: { type: 'float32', shape: [0, 4], values: new Float32Array(0) },
    };
    const metadata = { author: 'Žofie', format: 'tf' };
    await writeFile(place('types.safetensors'), writeSafetensors(written, metadata));
    const read = await readInPython(place('types.safetensors'));
    expect(read.metadata).toEqual(metadata);
    const expected = Object.entries(written).map(([name, { type, shape, values }]) => {
      return [name, { type, shape, values: Array.from<number | bigint, number>(values, Number) }] as const;
    });
    expect(read.tensors).toEqual(Object.fromEntries(expected));
  });

  it("is numpy's float16 of every weight and of every size of number, where half the bytes are asked for", async () => {
    const random = createRandom(16);
    const sizes = Float32Array.from(
      { length: 4000 },
      () => (random.uniform() - 0.5) * 2 ** (18 * random.uniform() - 12),
    );
    const values = Float32Array.from([
      ...sizes,
      ...sizes.map((value) => value * 2 ** -14),
      65519,
      -65519,
      2 ** -25,
      -0,
    ]);
    const tensor = { shape: [values.length], values };
    const bytes = writeSafetensors({ exact: tensor, half: { ...tensor, type: 'float16' } });
    await writeFile(place('half.safetensors'), bytes);
    const { tensors, float16 } = await readInPython(place('half.safetensors'), ['exact']);
    expect(tensors['half']).toEqual({ type: 'float16', shape: tensor.shape, values: float16['exact'] });
  });
});
