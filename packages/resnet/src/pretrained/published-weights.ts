import { memoize, PIXEL_NORMALIZATIONS, type PixelNormalization, type Preprocessing } from '@zoo/core';

import type { VariantName } from '../builder/variants';

import { type PretrainedEntry, pretrainedEntries } from './catalogue';
import { MULTIPLY_ADDS } from './multiply-adds';
import { TIMM_WEIGHTS } from './timm-weights';

/** A set of published weights, as its publisher describes it. */
export interface PublishedWeights {
  /** `architecture.tag`. */
  readonly name: string;
  /** What `pretrained`, `openClassifier` and the commands of `zoo` take: a name, `hf:timm/...`, or a file's address for `loadNetwork`. */
  readonly source: string;
  /** A name for `createResnet`. */
  readonly architecture: string;
  /** The variant, of networks that come in several. */
  readonly variant?: VariantName;
  /** Outputs; undefined for weights without a classifier. */
  readonly classes: number | undefined;
  readonly imageSize: readonly [height: number, width: number];
  readonly resize: Preprocessing['resize'];
  /** The share of the resized picture's side that is kept; undefined where pictures are stretched. */
  readonly cropFraction: number | undefined;
  readonly normalization: PixelNormalization;
  /** The larger pictures that the publisher measures on too, and what comes of them. */
  readonly test?: {
    readonly imageSize: readonly [height: number, width: number];
    readonly cropFraction: number;
    readonly accuracy?: Accuracy;
    readonly multiplyAdds: number;
  };
  /** At `imageSize`, as published. */
  readonly accuracy?: Accuracy;
  /** Multiply-adds of the network for one picture of `imageSize`, with a thousand classes, as `summary` counts them. */
  readonly multiplyAdds: number;
  readonly licence: string;
  readonly sizeBytes?: number;
}

/** Top-1 and top-5 accuracy on ImageNet's validation pictures, in percent. */
export interface Accuracy {
  readonly top1: number;
  readonly top5: number;
}

/**
 * All published weights of the family: those of `pretrainedEntries()`, which `pretrained` takes by name, and the others of timm's three
 * modules, which come from the Hugging Face Hub. From timm's own registry and results (`scripts/golden/timm_weights.py`).
 */
export function publishedWeights(): readonly PublishedWeights[] {
  const own = pretrainedEntries().map(ofEntry);
  const taken = new Set(own.map(({ name }) => name));
  return [...own, ...timmWeights().filter(({ name }) => !taken.has(name))];
}

/** timm's 182, each as timm describes it. */
export function timmWeights(): PublishedWeights[] {
  const [header, ...lines] = TIMM_WEIGHTS.trim()
    .split('\n')
    .map((line) => line.split(','));
  return lines.map((cells) => {
    const cell = (column: string): string => cells[header!.indexOf(column)]!;
    const [name, testSize, address] = [cell('name'), cell('test size'), cell('address')];
    const architecture = name.split('.')[0]!;
    const variant = OF_SEVERAL_VARIANTS.test(architecture) ? 'torchvision' : undefined;
    const costs = costKey(architecture, variant);
    return {
      name,
      source: address === '' ? `hf:timm/${name}` : address,
      architecture,
      ...(variant && { variant }),
      classes: Number(cell('classes')),
      imageSize: sizeOf(cell('size')),
      resize: cell('interpolation') === 'bilinear' ? 'antialias' : 'bicubic',
      cropFraction: Number(cell('crop')),
      normalization: {
        channelOrder: 'rgb',
        divisor: 255,
        mean: numbersOf(cell('mean')),
        standardDeviation: numbersOf(cell('std')),
      },
      ...(testSize !== '' && {
        test: {
          imageSize: sizeOf(testSize),
          cropFraction: Number(cell('test crop')),
          ...accuracyOf(cell('test top1'), cell('test top5')),
          multiplyAdds: multiplyAddsOf(costs, sizeOf(testSize)),
        },
      }),
      ...accuracyOf(cell('top1'), cell('top5')),
      multiplyAdds: multiplyAddsOf(costs, sizeOf(cell('size'))),
      licence: cell('licence'),
    };
  });
}

/** What a network is called in the table of costs. @internal */
export function costKey(architecture: string, variant: VariantName | undefined): string {
  return variant === undefined ? architecture : `${architecture}/${variant}`;
}

/** NaN for a network or a size that the table lacks, which a test refuses. */
function multiplyAddsOf(key: string, [side]: readonly [number, number]): number {
  const [, ...costs] = costRows().get(key) ?? [];
  const cost = costs.find((cell) => cell.startsWith(`${side}:`));
  return Number(cost?.split(':')[1]);
}

const costRows = memoize(
  () =>
    new Map(
      MULTIPLY_ADDS.trim()
        .split('\n')
        .map((line) => [line.split(',')[0]!, line.split(',')]),
    ),
);

/** timm's networks that this package builds in several variants; all others have timm's alone. */
const OF_SEVERAL_VARIANTS = /^(resnet(18|34|50|101|152)|wide_resnet\d+_2|resnext50_32x4d)$/;

function ofEntry(entry: PretrainedEntry): PublishedWeights {
  const { name, architecture, variant, includeTop, imageSize, resize, cropFraction, normalization } = entry;
  const { accuracy, licence, sizeBytes } = entry;
  return {
    name,
    source: name,
    architecture,
    variant,
    classes: includeTop ? 1000 : undefined,
    imageSize: [imageSize, imageSize],
    resize: resize ?? 'antialias',
    cropFraction,
    normalization: PIXEL_NORMALIZATIONS[normalization],
    ...(accuracy && { accuracy }),
    multiplyAdds: multiplyAddsOf(costKey(architecture, variant), [imageSize, imageSize]),
    licence,
    ...(sizeBytes !== undefined && { sizeBytes }),
  };
}

const accuracyOf = (top1: string, top5: string): { accuracy?: Accuracy } =>
  top1 === '' ? {} : { accuracy: { top1: Number(top1), top5: Number(top5) } };

const sizeOf = (text: string): [height: number, width: number] => {
  const [height, width] = text.split('x').map(Number) as [number, number];
  return [height, width];
};

const numbersOf = (text: string): [number, number, number] =>
  text.split('/').map(Number) as [number, number, number];
