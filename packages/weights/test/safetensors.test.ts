import { isZooError } from '@zoo/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  memorySource,
  readSafetensors,
  readSafetensorsTable,
  writeSafetensors,
  type HostTensor,
  type TensorValues,
} from '../src/index';

const values = fc.oneof(
  fc.float32Array({ maxLength: 20 }),
  fc.float64Array({ maxLength: 20 }),
  fc.int32Array({ maxLength: 20 }),
  fc.uint8Array({ maxLength: 20 }),
  fc.bigInt64Array({ maxLength: 20 }),
);
const tensors = fc.dictionary(
  fc.string().filter((name) => name !== '__metadata__'),
  values.map((array): HostTensor<TensorValues> => ({ shape: [1, array.length], values: array })),
);
const metadata = fc.dictionary(fc.string(), fc.string());

function handMade(header: string, data: number[] = []): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

describe('writeSafetensors', () => {
  it('gives back every tensor and text, whatever their names', () => {
    fc.assert(
      fc.property(tensors, metadata, (written, texts) => {
        const file = readSafetensors(writeSafetensors(written, texts));
        expect(new Set(file.names)).toEqual(new Set(Object.keys(written)));
        expect(Object.entries(file.metadata).sort()).toEqual(Object.entries(texts).sort());
        for (const [name, tensor] of Object.entries(written)) {
          expect(file.tensor(name)!.shape).toEqual(tensor.shape);
          expect(file.tensor(name)!.values).toEqual(tensor.values);
        }
      }),
    );
  });

  it.each(['toString', 'valueOf', '__proto__', 'constructor'])('takes %s for a name', (name) => {
    const tensors = [[name, { shape: [1], values: Float32Array.of(1) }]] as const;
    const file = readSafetensors(writeSafetensors(tensors, { toString: 'a', valueOf: 'b' }));
    expect([...file.tensor(name)!.values]).toEqual([1]);
    expect(file.metadata).toEqual({ toString: 'a', valueOf: 'b' });
  });

  it('aligns every tensor, so that reading copies nothing', () => {
    const bytes = writeSafetensors({
      flags: { shape: [3], values: Uint8Array.of(1, 2, 3) },
      kernel: { shape: [2], values: Float32Array.of(0.5, -1) },
      step: { shape: [], values: BigInt64Array.of(7n) },
    });
    const file = readSafetensors(bytes);
    for (const name of file.names) expect(file.tensor(name)!.values.buffer).toBe(bytes.buffer);
  });

  it('refuses a shape that does not fit the values', () => {
    expect(() => writeSafetensors({ kernel: { shape: [2, 2], values: new Float32Array(3) } })).toThrow(
      'Expected 4 values for the shape [2, 2] for `tensors["kernel"]` but received 3.',
    );
  });
});

describe('a tensor that is rounded to half the bytes', () => {
  const storedAs = (type: 'float16' | 'bfloat16', values: ArrayLike<number>): number[] => {
    const tensor = { shape: [values.length], values: Float32Array.from(values), type };
    return [...(readSafetensors(writeSafetensors({ tensor })).tensor('tensor')!.values as Float32Array)];
  };
  // Every number of float16 that is not NaN, in ascending order.
  const ascending = (() => {
    const positive = Array.from({ length: 0x7c00 }, (_, half) => {
      const [exponent, fraction] = [half >> 10, half & 1023];
      return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    });
    return [
      ...positive
        .slice(1)
        .reverse()
        .map((value) => -value),
      ...positive,
    ];
  })();

  it('keeps every number that float16 has', () => {
    expect(storedAs('float16', [...ascending, -0, Infinity, -Infinity, NaN])).toEqual([
      ...ascending,
      -0,
      Infinity,
      -Infinity,
      NaN,
    ]);
  });

  it('goes to the nearest number of float16, and from the middle of two to the even one', () => {
    const between = ascending.slice(1).map((upper, i) => [ascending[i]!, upper] as const);
    // float32 holds the middle and its neighbours exactly.
    const nudge = (value: number, by: number): number =>
      value + by * Math.max(Math.abs(value), 2 ** -24) * 2 ** -20;
    const middles = between.map(([lower, upper]) => (lower + upper) / 2);
    expect(
      storedAs(
        'float16',
        middles.map((value) => nudge(value, -1)),
      ),
    ).toEqual(between.map(([lower]) => lower));
    expect(
      storedAs(
        'float16',
        middles.map((value) => nudge(value, 1)),
      ),
    ).toEqual(between.map(([, upper]) => (upper === 0 ? -0 : upper)));
    const isEven = (value: number): boolean => {
      const step = Math.max(2 ** (Math.floor(Math.log2(Math.abs(value) || 2 ** -24)) - 10), 2 ** -24);
      return (value / step) % 2 === 0;
    };
    const even = between.map(([lower, upper]) => (isEven(lower) ? lower : upper));
    expect(storedAs('float16', middles)).toEqual(
      even.map((value, i) => (value === 0 && middles[i]! < 0 ? -0 : value)),
    );
  });

  it('goes to the nearest number of bfloat16', () => {
    expect(storedAs('bfloat16', [1, 1.00390625, 1.01171875, -3.1415927, 3.4e38, NaN, 1e-40])).toEqual([
      1,
      1,
      1.015625,
      -3.140625,
      Infinity,
      NaN,
      2 ** -133,
    ]);
  });

  it('is refused where its numbers are of another kind', () => {
    const step = { shape: [1], values: Int32Array.of(1), type: 'float16' } as const;
    expect(() => writeSafetensors({ step })).toThrow(
      'Expected \'int32\' for `tensors["step"].type` but received "float16".',
    );
  });
});

describe('readSafetensors', () => {
  it('reads half precision numbers as float32', () => {
    const file = readSafetensors(
      handMade(
        '{"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]}}',
        [0x00, 0x3c, 0x01, 0x00, 0xff, 0xfb, 0x00, 0x7c, 0x49, 0x40],
      ),
    );
    expect([...file.tensor('h')!.values]).toEqual([1, 2 ** -24, -65504, Infinity]);
    expect([...file.tensor('b')!.values]).toEqual([3.140625]);
  });

  it('reads its table from a source without the data', async () => {
    const bytes = writeSafetensors({ kernel: { shape: [2], values: Float32Array.of(1, 2) } });
    const reads: number[] = [];
    const source = memorySource(bytes);
    const table = await readSafetensorsTable({
      ...source,
      read: (offset, length) => (reads.push(offset + length), source.read(offset, length)),
    });
    expect(table.entries.get('kernel')).toMatchObject({ shape: [2], type: 'float32', sizeBytes: 8 });
    expect(Math.max(...reads)).toBe(bytes.length - 8);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a header longer than the file', new Uint8Array([255, 255, 0, 0, 0, 0, 0, 0, 123, 125])],
    ['no JSON', handMade('{"a":')],
    ['a list', handMade('[]')],
    ['an unknown type', handMade('{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}', [0, 0, 0, 0])],
    [
      'a size that does not fit',
      handMade('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', [0, 0, 0, 0]),
    ],
    [
      'a negative shape',
      handMade('{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}', [0, 0, 0, 0]),
    ],
    [
      'an absurd shape',
      handMade('{"a":{"dtype":"F32","shape":[1e15,1e15],"data_offsets":[0,4]}}', [0, 0, 0, 0]),
    ],
    [
      'a tensor beyond the end',
      handMade('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', [0, 0, 0, 0]),
    ],
    ['null for a tensor', handMade('{"a":null}')],
    ['metadata that is no text', handMade('{"__metadata__":{"a":1}}')],
  ])('refuses %s', (_, bytes) => {
    let caught: unknown;
    try {
      readSafetensors(bytes);
    } catch (error) {
      caught = error;
    }
    expect(isZooError(caught, 'invalid-file')).toBe(true);
  });
});
