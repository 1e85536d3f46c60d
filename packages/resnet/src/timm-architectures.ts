import {
  attentionOfSize,
  averaged,
  basicBlock,
  bitConvolution,
  blurred,
  bottleneckBlock,
  convolutionPool,
  efficientAttention,
  evoNormS0,
  farPaddedPool,
  filterResponse,
  type Gate,
  groupNorm,
  memoize,
  paddedMaximumPool,
  preActivationBasicBlock,
  preActivationBottleneckBlock,
  rectifiedSqueeze,
  roundedSqueeze,
  zeroPaddedPool,
} from '@zoo/core';

import { type Architecture } from './builder/architecture';
import { type Variant, VARIANTS } from './builder/variants';
import { FILTERS } from './networks';
import { PRUNED_50, PRUNED_101, type PrunedWidths } from './pruned-widths';

/** A row of {@link timmArchitectures}: an architecture without its name. */
export type TimmRow = Omit<Architecture, 'name'>;

/** What a row adds to its depth and variant. */
type More = Partial<TimmRow>;

/**
 * Networks of timm (timm/models/resnet.py, resnetv2.py and senet.py) by timm's names: each has one variant.
 *
 * The letters are timm's: C has a stem of three convolutions, D averages before it projects besides, S has a stem twice as wide as C's, T
 * has a tiered one of 24, 32 and 64 channels. The figures of a ResNeXt are its groups and their width: 32x8d has inner convolutions of 256
 * channels where ResNet-50 has 64. `eca` and `se` are gates, `aa` and `blur` halve without aliasing, `gn`, `evos` and `frn` are norms, `bit`
 * has standardised kernels and, behind the x, its width; `legacy` networks pad and stride as Caffe's.
 */
export const timmArchitectures = /* @__PURE__ */ memoize((): Readonly<Record<string, TimmRow>> => {
  const plain = VARIANTS.torchvision;
  const c: Variant = { ...plain, stem: 'deep' };
  const d = VARIANTS.resnetD;
  const light: Variant = { ...plain, averageProjection: true };
  const caffe: Variant = { ...plain, strideIn: 'first' };
  const row = (blocks: readonly number[], onlyVariant: Variant, ...more: More[]): TimmRow =>
    more.reduce<TimmRow>((all, each) => ({ ...all, ...each }), {
      ...{ block: bottleneckBlock, expansion: 4, blocks, filters: FILTERS, onlyVariant },
    });
  const next = (groups: number, width: number): More => ({ groups, widthFactor: (groups * width) / 64 });
  const basic: More = { block: basicBlock, expansion: 1 };
  const gate = (each: Gate): More => ({ style: { gate: each } });
  const se: More = { squeezeReduction: 16 };
  const eca = gate(efficientAttention);
  const s: More = { stemFilters: 128 };
  const t: More = { firstStemFilters: 24 };
  const rs: More = { squeezeReduction: 4, stemPool: convolutionPool };
  const aa: More = { style: { antialias: averaged } };
  const blur: More = { style: { antialias: blurred } };
  const legacy: More = { squeezeReduction: 16, stemPool: farPaddedPool };
  const senet: More = {
    ...{ groups: 64, squeezeReduction: 16, stemFilters: 128, style: { projectionSize: 3 } },
    widths: ({ filters }) => ({ width: 4 * filters, firstWidth: 2 * filters }),
  };
  const [r10, r18, r50, r101, r152, r200, r269] = [
    [1, 1, 1, 1],
    [2, 2, 2, 2],
    [3, 4, 6, 3],
    [3, 4, 23, 3],
    [3, 8, 36, 3],
    [3, 24, 36, 3],
    [3, 30, 48, 8],
  ] as const;
  const v2 = (blocks: readonly number[], deep: boolean, ...more: More[]): TimmRow =>
    row(blocks, { ...(deep ? d : plain), normalization: 'tf' }, V2, ...more);
  const bit = (blocks: readonly number[], width: number): TimmRow => ({
    ...v2(blocks, false, { style: { normalization: groupNorm, convolutionLayer: bitConvolution } }),
    ...{
      stemFilters: 64 * width,
      filters: FILTERS.map((filters) => filters * width),
      stemPool: zeroPaddedPool,
    },
  });
  return {
    resnet10t: row(r10, d, basic, t),
    resnet14t: row(r10, d, t),
    resnet18d: row(r18, d, basic),
    resnet26: row(r18, plain),
    resnet26d: row(r18, d),
    resnet26t: row(r18, d, t),
    resnet34d: row(r50, d, basic),
    resnet50_gn: row(r50, plain, { style: { normalization: groupNorm } }),
    resnet50c: row(r50, c),
    resnet50d: row(r50, d),
    resnet50s: row(r50, c, s),
    resnet50t: row(r50, d, t),
    resnet101c: row(r101, c),
    resnet101d: row(r101, d),
    resnet101s: row(r101, c, s),
    resnet152c: row(r152, c),
    resnet152d: row(r152, d),
    resnet152s: row(r152, c, s),
    resnet200: row(r200, plain),
    resnet200d: row(r200, d),
    resnext50d_32x4d: row(r50, d, next(32, 4)),
    resnext101_32x4d: row(r101, plain, next(32, 4)),
    resnext101_32x8d: row(r101, plain, next(32, 8)),
    resnext101_32x16d: row(r101, plain, next(32, 16)),
    resnext101_32x32d: row(r101, plain, next(32, 32)),
    resnext101_64x4d: row(r101, plain, next(64, 4)),
    ecaresnet26t: row(r18, d, t, eca),
    ecaresnet50d: row(r50, d, eca),
    ecaresnet50d_pruned: row(r50, d, pruned(PRUNED_50)),
    ecaresnet50t: row(r50, d, t, eca),
    ecaresnetlight: row([1, 1, 11, 3], light, eca),
    ecaresnet101d: row(r101, d, eca),
    ecaresnet101d_pruned: row(r101, d, pruned(PRUNED_101)),
    ecaresnet200d: row(r200, d, eca),
    ecaresnet269d: row(r269, d, eca),
    ecaresnext26t_32x4d: row(r18, d, next(32, 4), t, eca),
    // Of the depth of 26, whatever it is called: timm's function has two blocks in each stage.
    ecaresnext50t_32x4d: row(r18, d, next(32, 4), t, eca),
    seresnet18: row(r18, plain, basic, gate(roundedSqueeze)),
    seresnet34: row(r50, plain, basic, gate(roundedSqueeze)),
    seresnet50: row(r50, plain, se),
    seresnet50t: row(r50, d, t, se),
    seresnet101: row(r101, plain, se),
    seresnet152: row(r152, plain, se),
    seresnet152d: row(r152, d, se),
    seresnet200d: row(r200, d, se),
    seresnet269d: row(r269, d, se),
    seresnext26d_32x4d: row(r18, d, next(32, 4), se),
    seresnext26t_32x4d: row(r18, d, next(32, 4), t, se),
    seresnext50_32x4d: row(r50, plain, next(32, 4), se),
    seresnext101_32x4d: row(r101, plain, next(32, 4), se),
    seresnext101_32x8d: row(r101, plain, next(32, 8), se),
    seresnext101d_32x8d: row(r101, d, next(32, 8), se),
    seresnext101_64x4d: row(r101, plain, next(64, 4), se),
    senet154: row(r152, c, senet),
    resnetblur18: row(r18, plain, basic, blur),
    resnetblur50: row(r50, plain, blur),
    resnetblur50d: row(r50, d, blur),
    resnetblur101d: row(r101, d, blur),
    resnetaa34d: row(r50, d, basic, aa),
    resnetaa50: row(r50, plain, aa),
    resnetaa50d: row(r50, d, aa),
    resnetaa101d: row(r101, d, aa),
    seresnetaa50d: row(r50, d, aa, se),
    seresnextaa101d_32x8d: row(r101, d, next(32, 8), aa, se),
    seresnextaa201d_32x8d: row([3, 24, 36, 4], d, next(32, 8), aa, se, s),
    resnetrs50: row(r50, d, rs),
    resnetrs101: row(r101, d, rs),
    resnetrs152: row(r152, d, rs),
    resnetrs200: row(r200, d, rs),
    resnetrs270: row([4, 29, 53, 4], d, rs),
    resnetrs350: row([4, 36, 72, 4], d, rs),
    resnetrs420: row([4, 44, 87, 4], d, rs),
    test_resnet: row(r10, d, basic, {
      ...{ filters: [32, 48, 48, 96], stemFilters: 32 },
      stageKinds: { 2: { block: bottleneckBlock, expansion: 4 } },
    }),
    resnetv2_18: v2(r18, false, BASIC_V2),
    resnetv2_18d: v2(r18, true, BASIC_V2),
    resnetv2_34: v2(r50, false, BASIC_V2),
    resnetv2_34d: v2(r50, true, BASIC_V2),
    resnetv2_50: v2(r50, false),
    resnetv2_50d: v2(r50, true),
    resnetv2_50t: v2(r50, true, t),
    resnetv2_50d_gn: v2(r50, true, { style: { normalization: groupNorm } }),
    resnetv2_50d_evos: v2(r50, true, { style: { normalization: evoNormS0 } }),
    resnetv2_50d_frn: v2(r50, true, { style: { normalization: filterResponse } }),
    resnetv2_101: v2(r101, false),
    resnetv2_101d: v2(r101, true),
    resnetv2_152: v2(r152, false),
    resnetv2_152d: v2(r152, true),
    resnetv2_50x1_bit: bit(r50, 1),
    resnetv2_50x3_bit: bit(r50, 3),
    resnetv2_101x1_bit: bit(r101, 1),
    resnetv2_101x3_bit: bit(r101, 3),
    resnetv2_152x2_bit: bit(r152, 2),
    resnetv2_152x4_bit: bit(r152, 4),
    legacy_senet154: row(r152, c, senet, { stemPool: farPaddedPool }),
    legacy_seresnet18: row(r18, plain, basic, gate(rectifiedSqueeze), { stemPool: farPaddedPool }),
    legacy_seresnet34: row(r50, plain, basic, gate(rectifiedSqueeze), { stemPool: farPaddedPool }),
    legacy_seresnet50: row(r50, caffe, legacy),
    legacy_seresnet101: row(r101, caffe, legacy),
    legacy_seresnet152: row(r152, caffe, legacy),
    legacy_seresnext26_32x4d: row(r18, plain, next(32, 4), legacy),
    legacy_seresnext50_32x4d: row(r50, plain, next(32, 4), legacy),
    legacy_seresnext101_32x4d: row(r101, plain, next(32, 4), legacy),
  };
});

/** timm's pre-activation networks (resnetv2.py): the first block of every stage strides and projects, no norm in the stem. */
const V2: More = {
  block: preActivationBottleneckBlock,
  stemPool: paddedMaximumPool,
  preActivation: { strideAt: 'first', stemNorm: false, inputNorm: false, projectFirst: true },
};

const BASIC_V2: More = {
  block: preActivationBasicBlock,
  expansion: 1,
  preActivation: { strideAt: 'first', stemNorm: false, inputNorm: false, projectFirst: false },
};

/** A network whose channels were pruned one by one; the kernels of its gates kept their size. */
function pruned({ channels, inner }: PrunedWidths): More {
  return {
    filters: channels.map((count) => count / 4),
    style: {
      gate: (input, name, style) => attentionOfSize(name.startsWith('conv5') ? 7 : 5)(input, name, style),
    },
    widths: ({ stage, index }) => {
      const [firstWidth, width] = inner[stage]![index]!;
      return { firstWidth, width };
    },
  };
}
