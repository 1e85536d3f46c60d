import { createRandom } from '@zoo/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  augMix,
  jpegNoise,
  mixUpOrCutMix,
  randomApply,
  randomAutoContrast,
  randomChoice,
  randomElastic,
  randomEqualize,
  randomPerspective,
  randomPosterize,
  randomSharpness,
  randomSolarize,
  colorJitter,
  randAugment,
  randomAffine,
  randomGaussianBlur,
  trivialAugmentWide,
  padAndCrop,
  randomErasing,
  randomGrayscale,
  randomHorizontalFlip,
  randomResizedCrop,
  randomVerticalFlip,
  cutMix,
  mixUp,
  rgbImage,
  type Augmentation,
} from '../src/index';

import { noise, slopes } from './support/pictures';

const TARGET = { height: 12, width: 9 };

const ALL: readonly Augmentation[] = [
  randomHorizontalFlip(),
  randomVerticalFlip(),
  randomResizedCrop(),
  padAndCrop(),
  colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
  randomGrayscale({ probability: 0.5 }),
  randomErasing(),
  randomAffine({ rotation: 30, shear: 10, zoom: 0.3, shift: 0.2 }),
  randomGaussianBlur({ probability: 1 }),
  randAugment({ magnitude: 15 }),
  trivialAugmentWide(),
  randomPerspective({ probability: 1 }),
  randomElastic({ alpha: 20, sigma: 2 }),
  randomPosterize({ bits: 2 }),
  randomSolarize(),
  randomSharpness(),
  randomAutoContrast(),
  randomEqualize(),
  jpegNoise({ probability: 1 }),
  augMix(),
  randomErasing({ probability: 1, fill: 'pixel', count: [1, 3] }),
  randomApply([randomHorizontalFlip(), randomGrayscale()]),
  randomChoice([jpegNoise(), randomPosterize(), randomResizedCrop()]),
];

describe.each(ALL.map((augmentation) => [augmentation.name, augmentation] as const))(
  '%s',
  (_, augmentation) => {
    it('returns a whole picture of any size, the same for the same stream', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 20 }),
          fc.integer({ min: 1, max: 20 }),
          fc.nat(),
          (height, width, seed) => {
            const run = () => augmentation.apply(noise(height, width), createRandom(seed), TARGET);
            const image = run();
            expect(image.pixels.length).toBe(image.height * image.width * 3);
            expect(run()).toEqual(image);
          },
        ),
        { numRuns: 40 },
      );
    });
  },
);

describe('flips', () => {
  it('mirror left and right, or top and bottom', () => {
    const random = createRandom(1);
    const pixels = (image: { pixels: Uint8Array }) => [...image.pixels].filter((_, i) => i % 3 === 0);
    const image = () => ({
      pixels: Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((v) => [v, v, v])),
      height: 2,
      width: 3,
      channels: 3 as const,
    });
    const always = { probability: 1 };
    expect(pixels(randomHorizontalFlip(always).apply(image(), random, TARGET))).toEqual([3, 2, 1, 6, 5, 4]);
    expect(pixels(randomVerticalFlip(always).apply(image(), random, TARGET))).toEqual([4, 5, 6, 1, 2, 3]);
  });

  it('happen as often as they are asked to', () => {
    const flip = randomHorizontalFlip({ probability: 0.3 });
    const before = noise(2, 2);
    let flipped = 0;
    for (let seed = 0; seed < 2000; seed++) {
      const after = flip.apply(noise(2, 2), createRandom(seed), TARGET);
      if (after.pixels[0] !== before.pixels[0]) flipped++;
    }
    expect(Math.abs(flipped / 2000 - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / 2000));
  });
});

describe('randomResizedCrop', () => {
  it('gives the target size', () => {
    const { height, width } = randomResizedCrop().apply(noise(30, 40), createRandom(1), TARGET);
    expect([height, width]).toEqual([12, 9]);
  });

  it('keeps the whole picture with scale 1 and its own ratio', () => {
    const whole = randomResizedCrop({ scale: [1, 1], ratio: [1, 1] });
    const image = whole.apply(slopes(12, 12), createRandom(1), { height: 12, width: 12 });
    expect(image).toEqual(slopes(12, 12));
  });

  it('falls back on the largest middle part where no draw fits', () => {
    const wide = randomResizedCrop({ scale: [1, 1], ratio: [1, 1], resize: 'nearest' });
    const image = wide.apply(slopes(2, 10), createRandom(1), { height: 2, width: 2 });
    expect([...image.pixels.subarray(0, 3)]).toEqual([...slopes(2, 10).pixels.subarray(12, 15)]);
  });
});

describe('padAndCrop', () => {
  it('shifts by at most the padding and fills with the colour', () => {
    const image = padAndCrop({ padding: 1, color: [9, 8, 7] });
    const values = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const { pixels } = image.apply(
        { pixels: new Uint8Array([1, 1, 1]), height: 1, width: 1, channels: 3 },
        createRandom(seed),
        TARGET,
      );
      values.add([...pixels].join());
    }
    expect([...values].sort()).toEqual(['1,1,1', '9,8,7']);
  });
});

describe('randomErasing', () => {
  it('erases a share of the area within its scale, with its colour', () => {
    const erase = randomErasing({ probability: 1, scale: [0.1, 0.3], fill: [1, 2, 3] });
    for (let seed = 0; seed < 50; seed++) {
      const { pixels } = erase.apply(
        { pixels: new Uint8Array(40 * 40 * 3).fill(200), height: 40, width: 40, channels: 3 },
        createRandom(seed),
        TARGET,
      );
      const erased = pixels.filter((value) => value === 1).length;
      expect(pixels.filter((value) => value === 3).length).toBe(erased);
      expect(erased / 1600).toBeGreaterThan(0.08);
      expect(erased / 1600).toBeLessThan(0.33);
    }
  });
});

describe('colorJitter', () => {
  it('leaves grey without hue or saturation to change', () => {
    const grey = () => ({ ...noise(3, 3), pixels: new Uint8Array(27).fill(77) });
    const jitter = colorJitter({ saturation: 0.9, hue: 0.5 });
    for (let seed = 0; seed < 20; seed++) {
      const { pixels } = jitter.apply(grey(), createRandom(seed), TARGET);
      expect(Math.max(...pixels.map((value) => Math.abs(value - 77)))).toBeLessThanOrEqual(1);
    }
  });

  it.each([
    [{}, /at least one of brightness/],
    [{ hue: 0.6 }, /`options.hue`/],
    [{ brightness: -1 }, /`options.brightness`/],
    [{ contrast: [1.2, 0.8] as const }, /ascending order/],
  ])('refuses %j', (options, message) => {
    expect(() => colorJitter(options)).toThrow(message);
  });
});

describe('compositions', () => {
  const add = (amount: number): Augmentation => ({
    name: `add ${amount}`,
    apply: (image) => ({ ...image, pixels: image.pixels.map((value) => value + amount) }),
  });
  const zero = () => rgbImage(1, 1);
  const draws = (augmentation: Augmentation) =>
    Array.from(
      { length: 400 },
      (_, seed) => augmentation.apply(zero(), createRandom(seed), TARGET).pixels[0]!,
    );

  it('randomApply makes all of its changes or none', () => {
    const values = draws(randomApply([add(1), add(2)], { probability: 0.3 }));
    expect(new Set(values)).toEqual(new Set([0, 3]));
    expect(values.filter((value) => value === 3).length / 400).toBeCloseTo(0.3, 1);
  });

  it('randomChoice makes one, as often as its weight says', () => {
    const values = draws(randomChoice([add(1), add(2), add(4)], { weights: [1, 0, 3] }));
    expect(new Set(values)).toEqual(new Set([1, 4]));
    expect(values.filter((value) => value === 4).length / 400).toBeCloseTo(0.75, 1);
  });

  it('say what they are made of, so that a resumed run is held to it', () => {
    expect(randomChoice([jpegNoise(), randomHorizontalFlip()]).settings).toEqual({
      weights: [1, 1],
      changes: [
        { name: 'jpegNoise', quality: [25, 95], probability: 0.5 },
        { name: 'randomHorizontalFlip', probability: 0.5 },
      ],
    });
  });
});

describe('augMix', () => {
  it('leaves a flat picture without a border to move in as it is, within two levels', () => {
    const flat = rgbImage(1, 1, new Uint8Array([90, 90, 90]));
    for (let seed = 0; seed < 50; seed++) {
      const { pixels } = augMix({ allOperations: false, severity: 1 }).apply(
        flat,
        createRandom(seed),
        TARGET,
      );
      // Four bits, and inversion from 255 up, are the strongest changes of severity 1.
      expect(Math.abs(pixels[0]! - 90)).toBeLessThanOrEqual(11);
    }
  });

  it('does not change the picture that it is given', () => {
    const image = noise(8, 8);
    const before = image.pixels.slice();
    for (let seed = 0; seed < 20; seed++) augMix({ depth: 3 }).apply(image, createRandom(seed), TARGET);
    expect(image.pixels).toEqual(before);
  });
});

describe('mixUpOrCutMix', () => {
  /** Two pictures, black and white: mixed ones are grey, cut ones hold both. */
  const batch = () => ({
    images: new Float32Array(2 * 64).fill(1, 64),
    labels: Float32Array.of(1, 0, 0, 1),
    ...({ size: 2, height: 8, width: 8, channels: 1, classes: 2 } as const),
  });
  const kindOf = (options: object, seed: number, epoch = 0): string => {
    const mixed = batch();
    mixUpOrCutMix(options).apply(mixed, createRandom(seed), { epoch });
    if (mixed.labels[0] === 1) return 'none';
    expect(mixed.labels[0]! + mixed.labels[1]!).toBeCloseTo(1);
    return mixed.images.some((value) => value > 0 && value < 1) ? 'mixUp' : 'cutMix';
  };

  it('draws one of the two for each batch', () => {
    const kinds = Array.from({ length: 300 }, (_, seed) => kindOf({ switchProbability: 0.3 }, seed));
    const share = (kind: string) => kinds.filter((each) => each === kind).length / kinds.length;
    expect(share('mixUp')).toBeCloseTo(0.7, 1);
    expect(share('cutMix')).toBeGreaterThan(0.2);
  });

  it('mixes only so many batches, and only so many epochs', () => {
    const kinds = Array.from({ length: 100 }, (_, seed) =>
      kindOf({ probability: 0.4, switchProbability: 0 }, seed),
    );
    expect(kinds.filter((kind) => kind === 'none').length / 100).toBeCloseTo(0.6, 1);
    expect(kindOf({ epochs: 3, switchProbability: 0 }, 1, 2)).toBe('mixUp');
    expect(kindOf({ epochs: 3, switchProbability: 0 }, 1, 3)).toBe('none');
  });
});

describe('augmentation options', () => {
  it.each([
    [() => randomHorizontalFlip({ probability: 2 }), /`options.probability`/],
    [() => randomResizedCrop({ scale: [0, 1] }), /`options.scale`/],
    [() => randomResizedCrop({ ratio: [2, 1] }), /`options.ratio`/],
    [() => padAndCrop({ padding: -1 }), /`options.padding`/],
    [() => randomErasing({ fill: [0, 0, 256] }), /`options.fill`/],
    [() => randomGaussianBlur({ kernelSize: 2 }), /an odd number for `options.kernelSize`/],
    [() => randAugment({ magnitude: 5, bins: 5 }), /at most 4 for `options.magnitude`/],
    [() => randomAffine({ zoom: 1 }), /`options.zoom`/],
    [() => cutMix({ alpha: 0 }), /`options.alpha`/],
    [() => randomErasing({ fill: 'pixels' as 'pixel' }), /Did you mean 'pixel'/],
    [() => randomErasing({ count: [1, 2.5] }), /`options.count`/],
    [() => randomPosterize({ bits: 9 }), /`options.bits`/],
    [() => jpegNoise({ quality: [0, 50] }), /`options.quality`/],
    [() => jpegNoise({ quality: [50.2, 50.8] }), /a whole number.*for `options.quality`/],
    [() => randomElastic({ sigma: 0 }), /`options.sigma`/],
    [() => augMix({ severity: 11 }), /`options.severity`/],
    [() => randomChoice([]), /at least one augmentation for `changes`/],
    [() => randomApply([randomHorizontalFlip] as never), /for `changes\[0\]`.*Call it/],
    [() => randomChoice([randomHorizontalFlip()], { weights: [0] }), /`options.weights`/],
    [() => randomChoice([randomHorizontalFlip()], { weights: [1, 1] }), /`options.weights`/],
    [() => mixUpOrCutMix({ switchProbability: 2 }), /`options.switchProbability`/],
  ])('are checked when the augmentation is built: case %#', (build, message) => {
    expect(build).toThrow(message);
  });

  it.each(
    [
      ...[
        colorJitter,
        cutMix,
        mixUp,
        padAndCrop,
        randAugment,
        randomAffine,
        randomErasing,
        randomGaussianBlur,
        augMix,
        jpegNoise,
        mixUpOrCutMix,
        randomAutoContrast,
        randomElastic,
        randomEqualize,
        randomPerspective,
        randomPosterize,
        randomSharpness,
        randomSolarize,
      ],
      ...[randomGrayscale, randomHorizontalFlip, randomResizedCrop, randomVerticalFlip, trivialAugmentWide],
    ].map((build) => [build.name, build as (options: object) => unknown] as const),
  )('of %s are refused under unknown names', (_, build) => {
    expect(() => build({ chance: 1 })).toThrow(
      /Expected known options only for `options` but received "chance"/,
    );
  });

  it('have defaults of their own where two share a table', () => {
    expect([mixUp().settings, cutMix().settings]).toEqual([
      { alpha: 0.2, probability: 1 },
      { alpha: 1, probability: 1 },
    ]);
    expect([randomHorizontalFlip().settings, randomGrayscale().settings]).toEqual([
      { probability: 0.5 },
      { probability: 0.1 },
    ]);
  });
});
