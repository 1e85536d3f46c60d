import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createResnet, type ResNetOptions } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const models: tfl.LayersModel[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

function counts(name: string, options: ResNetOptions = {}): { total: number; trainable: number } {
  const model = createResnet(name, { ...options, kernelInitializer: 'zeros' });
  models.push(model);
  const count = (weights: tfl.LayerVariable[]): number =>
    weights.reduce((sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]), 0);
  return { total: count(model.weights), trainable: count(model.trainableWeights) };
}

it('counts 5,381,458 parameters in slim_resnet18 with ten classes, at most 12 MB as float16', () => {
  const { total } = counts('slim_resnet18', { classes: 10 });
  expect(total).toBe(5_381_458);
  expect(2 * total).toBeLessThan(12e6);
});

// Keras' variant has convolution biases; torchvision's has none.
describe.each<[string, { keras: number[]; torchvision: number[]; ten: number }]>([
  [
    'resnet10',
    { keras: [5_427_432, 4_914_432], torchvision: [5_424_552, 4_911_552, 5_418_792], ten: 4_919_562 },
  ],
  [
    'resnet18',
    { keras: [11_703_912, 11_190_912], torchvision: [11_699_112, 11_186_112, 11_689_512], ten: 11_196_042 },
  ],
  [
    'resnet34',
    { keras: [21_823_208, 21_310_208], torchvision: [21_814_696, 21_301_696, 21_797_672], ten: 21_315_338 },
  ],
  [
    'resnet50',
    { keras: [25_636_712, 23_587_712], torchvision: [25_610_152, 23_561_152, 25_557_032], ten: 23_608_202 },
  ],
  [
    'resnet101',
    { keras: [44_707_176, 42_658_176], torchvision: [44_654_504, 42_605_504, 44_549_160], ten: 42_678_666 },
  ],
  [
    'resnet152',
    { keras: [60_419_944, 58_370_944], torchvision: [60_344_232, 58_295_232, 60_192_808], ten: 58_391_434 },
  ],
])('%s', (name, expected) => {
  it("has keras.applications' parameters, with and without its top, for 1000 classes and for 10", () => {
    expect(counts(name).total).toBe(expected.keras[0]);
    expect(counts(name, { includeTop: false }).total).toBe(expected.keras[1]);
    expect(counts(name, { classes: 10 }).total).toBe(expected.ten);
  });

  it("has torchvision's parameters in that variant", () => {
    const { total, trainable } = counts(name, { variant: 'torchvision' });
    expect([total, trainable]).toEqual([expected.torchvision[0], expected.torchvision[2]]);
    expect(counts(name, { variant: 'torchvision', includeTop: false }).total).toBe(expected.torchvision[1]);
  });
});

describe('the blog post’s ResNet-50', () => {
  it('has 23,608,202 parameters with ten classes, 53,120 of them not trained', () => {
    const { total, trainable } = counts('resnet50', { variant: 'idenprof', classes: 10 });
    expect([total, total - trainable]).toEqual([23_608_202, 53_120]);
  });
});

describe('the blog post’s TensorFlow 1 class', () => {
  it('has 25,610,152 parameters, torchvision’s: no convolution has a bias', () => {
    expect(counts('resnet50', { variant: 'tf1' })).toEqual({ total: 25_610_152, trainable: 25_557_032 });
  });
});

describe('the deeplearning.ai exercise’s ResNet-50', () => {
  it('has 23,600,006 parameters for six classes', () => {
    const options = { variant: 'deeplearningAi', inputShape: [64, 64, 3], classes: 6 } as const;
    expect(counts('resnet50', options)).toEqual({ total: 23_600_006, trainable: 23_546_886 });
  });
});

describe('V2 and gated nets', () => {
  // keras.applications' count_params, and timm's of seresnet50.
  it.each([
    ['resnet50v2', 25_613_800, 25_568_360],
    ['resnet101v2', 44_675_560, 44_577_896],
    ['resnet152v2', 60_380_648, 60_236_904],
  ])('%s has %i parameters, %i of them trained', (name, total, trainable) => {
    expect(counts(name)).toEqual({ total, trainable });
  });

  it('se_resnet50 has 28,088,024 that are trained', () => {
    expect(counts('se_resnet50').trainable).toBe(28_088_024);
  });
});

describe('CIFAR nets', () => {
  // Trainable with shortcut A, B and C; total with A and B.
  it.each<[number, number[]]>([
    [20, [269_722, 272_474, 283_962, 271_098, 274_042]],
    [32, [464_154, 466_906, 489_594, 466_426, 469_370]],
    [44, [658_586, 661_338, 695_226, 661_754, 664_698]],
    [56, [853_018, 855_770, 900_858, 857_082, 860_026]],
    [110, [1_727_962, 1_730_714, 1_826_202, 1_736_058, 1_739_002]],
    [1202, [19_421_274, 19_424_026, 20_538_714, 19_510_906, 19_513_850]],
  ])('of depth %i have the paper’s parameters with shortcuts A, B and C', (depth, expected) => {
    const [a, b, c] = (['A', 'B', 'C'] as const).map((shortcut) => counts(`resnet${depth}`, { shortcut }));
    expect([a!.trainable, b!.trainable, c!.trainable, a!.total, b!.total]).toEqual(expected);
  });
});

describe('pre-activation CIFAR nets', () => {
  // He et al. 2016b, table 4: 1.7 and 10.2 million, convolutions and classifier; the sums by the formula of their blocks.
  it.each([
    [164, 1_679_034, 1_703_258, 1_727_482],
    [1001, 10_178_490, 10_327_706, 10_476_922],
  ])('of depth %i have %i without their norms, %i trained, %i in all', (depth, kernels, trained, all) => {
    const { total, trainable } = counts(`preactivation_resnet${depth}`);
    // Of a norm's four values two are trained.
    expect([trainable - (total - trainable), trainable, total]).toEqual([kernels, trained, all]);
  });
});

describe('wide and grouped nets', () => {
  // torchvision's num_params.
  it.each([
    ['wide_resnet50_2', 68_883_240],
    ['wide_resnet101_2', 126_886_696],
    ['resnext50_32x4d', 25_028_904],
  ])('%s has %i trainable parameters', (name, expected) => {
    expect(counts(name).trainable).toBe(expected);
  });

  it('resnext50_32x4d with gates has the 27,559,896 of timm’s seresnext50_32x4d', () => {
    expect(counts('resnext50_32x4d', { squeezeReduction: 16 }).trainable).toBe(27_559_896);
  });
});

describe('other variants', () => {
  // timm's param_count of resnet18d, resnet34d and resnet50d.
  it.each([
    ['resnet18', 11_708_744],
    ['resnet34', 21_816_904],
    ['resnet50', 25_576_264],
  ])('%s in the ResNet-D variant has %i trainable parameters', (name, expected) => {
    expect(counts(name, { variant: 'resnetD' }).trainable).toBe(expected);
  });
});
