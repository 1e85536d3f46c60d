import { describe, expect, it } from 'vitest';

import { pixelNormalization, PIXEL_NORMALIZATIONS, type PixelNormalization } from '../src';

const OWN: PixelNormalization = {
  channelOrder: 'rgb',
  divisor: 255,
  mean: [0.5, 0.5, 0.5],
  standardDeviation: [0.2, 0.2, 0.2],
};

describe('a normalization of pixels', () => {
  it('has a name, or is stated in full', () => {
    expect(pixelNormalization('torch')).toBe(PIXEL_NORMALIZATIONS.torch);
    expect(pixelNormalization(OWN)).toBe(OWN);
  });

  it.each<readonly [string, object | null]>([
    ['a deviation of 0', { ...OWN, standardDeviation: [0.2, 0, 0.2] }],
    ['a divisor of 0', { ...OWN, divisor: 0 }],
    ['a mean that is no number', { ...OWN, mean: [0, Number.NaN, 0] }],
    ['two numbers for three channels', { ...OWN, mean: [0.5, 0.5] }],
    ['no deviation', { channelOrder: 'rgb', divisor: 255, mean: [0, 0, 0] }],
    ['another order of channels', { ...OWN, channelOrder: 'gbr' }],
    ['null', null],
  ])('with %s is refused', (_, value) => {
    expect(() => pixelNormalization(value as PixelNormalization)).toThrow(
      /^Expected a PixelNormalization, no divisor 0, for `mode` but received /,
    );
  });

  it('of another name is refused', () => {
    expect(() => pixelNormalization('torhc' as 'torch')).toThrow(/Expected one of .*'torch'.* for `mode`/);
  });
});
