import { isZooError } from '@zoo/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { affineSteps, quantizeAffine } from '../src/quantize/quantize-affine';
import { quantizeChannels, roundHalfEven } from '../src/quantize/quantize-channels';

const shapes = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
);
const weights = shapes.chain((shape) => {
  const length = shape[0] * shape[1] * shape[2];
  const values = fc.float32Array({
    minLength: length,
    maxLength: length,
    noNaN: true,
    noDefaultInfinity: true,
  });
  return values.map((each) => ({ shape, values: each }));
});
const axesChoices = fc.constantFrom([0], [1], [2], [0, 2], [1, 2]);

/** The channel of element `i`, by its index written out. */
function channelOf(i: number, shape: readonly number[], axes: readonly number[]): number {
  const index = [
    Math.floor(i / (shape[1]! * shape[2]!)),
    Math.floor(i / shape[2]!) % shape[1]!,
    i % shape[2]!,
  ];
  return axes.reduce((channel, axis) => channel * shape[axis]! + index[axis]!, 0);
}

describe('quantizeChannels', () => {
  it('is within half a step of every weight, and uses 127 in every channel that is not zero', () => {
    fc.assert(
      fc.property(weights, axesChoices, ({ shape, values }, axes) => {
        const { values: steps, scales } = quantizeChannels('w', values, shape, axes);
        const largest = new Array<number>(scales.length).fill(0);
        for (const [i, value] of values.entries()) {
          const channel = channelOf(i, shape, axes);
          const scale = scales[channel]!;
          expect(Math.abs(value - steps[i]! * scale)).toBeLessThanOrEqual(scale * 0.50001);
          largest[channel] = Math.max(largest[channel]!, Math.abs(steps[i]!));
        }
        for (const [channel, scale] of scales.entries())
          expect(largest[channel] === 127 || scale === 1).toBe(true);
      }),
    );
  });

  it('rounds halves to the even number', () => {
    const { values } = quantizeChannels(
      'w',
      Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 127),
      [7],
      [0].slice(1),
    );
    expect([...values]).toEqual([0, 2, 2, 0, -2, -2, 127]);
    expect([0.5, 1.5, -0.5, -1.5, 2.4, -2.6, 3].map((value) => roundHalfEven(value) + 0)).toEqual([
      0, 2, 0, -2, 2, -3, 3,
    ]);
  });

  it('gives a channel of zeros, and one of numbers beneath all scales, the scale 1', () => {
    const { values, scales } = quantizeChannels(
      'w',
      Float32Array.of(0, 0, 1e-44, -1e-44, 2, -1),
      [3, 2],
      [0],
    );
    expect([...values.slice(0, 4)].map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect([...scales.slice(0, 2)]).toEqual([1, 1]);
  });

  it('keeps to the whole numbers that it is given, and to the scales', () => {
    const options = { largest: 64, smallestScales: [0, 10] };
    const { values, scales } = quantizeChannels('w', Float32Array.of(-3, 1.5, 5, -20), [2, 2], [0], options);
    expect([...values]).toEqual([-64, 32, 0, -2]);
    expect(scales[1]).toBe(10);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %s by the name of the weights', (value) => {
    const quantize = () => quantizeChannels('conv1/kernel', Float32Array.of(1, value), [2], [0]);
    expect(quantize).toThrow('conv1/kernel');
    try {
      quantize();
    } catch (error) {
      expect(isZooError(error, 'not-finite')).toBe(true);
    }
  });
});

describe('affineSteps', () => {
  it.each(['uint8', 'uint16'] as const)(
    'in %s is within a step of every weight, and exact for zero within',
    (dtype) => {
      fc.assert(
        fc.property(weights, ({ values }) => {
          const steps = affineSteps('w', values, dtype);
          // What float32 rounds off of numbers of this size comes on top.
          const rounding = Math.max(...values.map(Math.abs)) * 2 ** -22;
          for (const [i, whole] of quantizeAffine(values, steps).entries()) {
            const again = whole * steps.scale + steps.min;
            expect(Math.abs(again - values[i]!)).toBeLessThanOrEqual(steps.scale * 1.0001 + rounding);
            if (values[i] === 0) expect(again + 0).toBe(0);
          }
        }),
      );
    },
  );

  it('takes numbers that are all the same, and none', () => {
    const same = affineSteps('w', Float32Array.of(3, 3), 'uint8');
    expect(
      [...quantizeAffine(Float32Array.of(3, 3), same)].map((whole) => whole * same.scale + same.min),
    ).toEqual([3, 3]);
    expect(affineSteps('w', new Float32Array(0), 'uint8')).toEqual({ dtype: 'uint8', scale: 1, min: 0 });
  });

  it('refuses numbers that are not finite', () => {
    expect(() => affineSteps('conv1/kernel', Float32Array.of(NaN), 'uint8')).toThrow(
      'conv1/kernel holds NaN',
    );
  });
});
