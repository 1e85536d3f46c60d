import * as tfl from '@tensorflow/tfjs-layers';
import {
  activated,
  activatedConvolution,
  apply,
  type BlockStyle,
  convolution,
  dropout,
  expectEngine,
  type ModelMetadata,
  norm,
  setModelMetadata,
  type Shortcut,
  zeroPadding,
} from '@zoo/core';

import { type Architecture, type BlockPlace, layerSeed } from './architecture';
import { type Plan, planOf } from './check-options';
import { type AnyResNetOptions, type RESNET_OPTIONS, STRUCTURAL_OPTION_NAMES } from './options';
import { STEM_STRIDES } from './variants';

/** Builds a network of the family with values drawn at random: the one builder of all architectures and variants. */
export function buildResNet(
  architecture: Architecture,
  options: AnyResNetOptions,
  table?: typeof RESNET_OPTIONS,
): tfl.LayersModel {
  const plan = planOf(architecture, options, table);
  expectEngine();
  const { application } = plan;
  const input = options.inputTensor ?? tfl.input({ shape: [...application.inputShape] });
  let x = stem(input, architecture, plan);
  x = stages(x, architecture, plan);
  if (architecture.preActivation) x = activated(x, plan.style, 'post');
  const outputs = application.includeTop ? classifier(x, architecture, plan) : pooled(x, plan);
  const model = tfl.model({ inputs: sourceInputs(input), outputs, name: application.name });
  setModelMetadata(model, {
    architecture: architecture.name,
    architectureOptions: structuralOptions(options),
  });
  return model;
}

/** The network's beginning: see {@link StemName}. */
function stem(pictures: tfl.SymbolicTensor, architecture: Architecture, plan: Plan): tfl.SymbolicTensor {
  const { style, stemName } = plan;
  const { stemFilters: filters = 64, preActivation } = architecture;
  const { stemNorm = true, inputNorm = false } = preActivation ?? {};
  const input = inputNorm ? norm(pictures, style, { name: 'data_bn', scale: false }) : pictures;
  const finish = (x: tfl.SymbolicTensor): tfl.SymbolicTensor => (stemNorm ? activated(x, style, 'conv1') : x);
  const pooled = architecture.stemPool ?? style.antialias?.stemPool ?? pool;
  const first = { name: 'conv1_conv', filters, isStem: !inputNorm };
  if (stemName === 'small') return finish(convolution(input, style, { ...first, kernelSize: 3 }));
  if (stemName === 'half') return finish(convolution(input, style, { ...first, kernelSize: 3, stride: 2 }));
  if (stemName === 'deep') return pooled(finish(deepStem(input, style, architecture)), style);
  const padding = stemName === 'imagenetSame' ? ('same' as const) : style.padding;
  const x = finish(convolution(input, style, { ...first, kernelSize: 7, stride: 2, padding }));
  return stemName === 'imagenet' ? pooled(x, style) : apply(tfl.layers.maxPooling2d(POOL), x);
}

function deepStem(
  input: tfl.SymbolicTensor,
  style: BlockStyle,
  { stemFilters: filters = 64, firstStemFilters = filters / 2 }: Architecture,
): tfl.SymbolicTensor {
  const inner = { kernelSize: 3, filters: filters / 2 };
  const first = { ...inner, filters: firstStemFilters, stride: 2, isStem: true };
  const plain = { ...style, antialias: undefined };
  const x = activatedConvolution(input, plain, 'conv1_1', first);
  const y = activatedConvolution(x, style, 'conv1_2', inner);
  return convolution(y, style, { name: 'conv1_conv', filters, kernelSize: 3 });
}

const POOL = { name: 'pool1_pool', poolSize: 3, strides: 2 };

/** The padding is of zeros, where PyTorch pads with minus infinity: behind a ReLU they are the same. */
function pool(input: tfl.SymbolicTensor, style: BlockStyle): tfl.SymbolicTensor {
  if (style.padding === 'same') return apply(tfl.layers.maxPooling2d({ ...POOL, padding: 'same' }), input);
  return apply(tfl.layers.maxPooling2d(POOL), zeroPadding(input, 'pool1_pad', 1));
}

function stages(stemOutput: tfl.SymbolicTensor, architecture: Architecture, plan: Plan): tfl.SymbolicTensor {
  const blocks = blocksOf(architecture, plan);
  return blocks.reduce((x, block, index) => {
    const { name, filters, stride, dilation } = block;
    return kindOf(architecture, block).block(x, {
      name,
      filters,
      width: filters * (architecture.widthFactor ?? 1),
      ...architecture.widths?.(block),
      groups: architecture.groups ?? 1,
      stride,
      dilation,
      shortcut: shortcutOf(architecture, plan, block, x.shape[3]!),
      dropRate: (plan.stochasticDepth * (index + 1)) / blocks.length,
      seed: layerSeed(plan.seed, `${name}_drop`),
      style: plan.style,
    });
  }, stemOutput);
}

/** One block's place in the network, and how it is called, strides and dilates. */
interface BlockPlan extends BlockPlace {
  readonly name: string;
  readonly stride: number;
  readonly dilation: number;
}

function kindOf(
  architecture: Architecture,
  { stage }: BlockPlace,
): Pick<Architecture, 'block' | 'expansion'> {
  return architecture.stageKinds?.[stage] ?? architecture;
}

/** All blocks, in order: stages after the first halve the picture until the output stride is reached; from there kernels dilate. */
function blocksOf(architecture: Architecture, plan: Plan): BlockPlan[] {
  const strideAt = architecture.preActivation?.strideAt ?? 'first';
  const stageCount = architecture.blocks.length;
  let dilation = 1;
  let strideSoFar: number = STEM_STRIDES[plan.stemName];
  return architecture.blocks.flatMap((blockCount, stage) => {
    const halves = strideAt === 'first' ? stage > 0 : stage < stageCount - 1;
    const dilates = halves && strideSoFar * 2 > plan.outputStride;
    const before = dilation;
    if (dilates) dilation *= 2;
    else if (halves) strideSoFar *= 2;
    const stridedBlock = strideAt === 'first' ? 0 : blockCount - 1;
    return Array.from({ length: blockCount }, (_, index): BlockPlan => ({
      name: `conv${stage + 2}_block${index + 1}`,
      stage,
      index,
      filters: architecture.filters[stage]!,
      stride: halves && !dilates && index === stridedBlock ? 2 : 1,
      dilation: index <= stridedBlock ? before : dilation,
    }));
  });
}

/** The way around one block, by the paper's options. */
function shortcutOf(architecture: Architecture, plan: Plan, block: BlockPlan, channelsIn: number): Shortcut {
  if (plan.shortcut === 'none') return 'none';
  const projection = plan.averageProjection ? 'average-projection' : 'projection';
  if (plan.shortcut === 'C') return projection;
  const changesChannels = channelsIn !== block.filters * kindOf(architecture, block).expansion;
  const { strideAt = 'first', projectFirst = false } = architecture.preActivation ?? {};
  // A network that strides in a stage's last block subsamples the identity there.
  const changesShape = changesChannels || (strideAt === 'first' && block.stride > 1);
  if (!changesShape && !(projectFirst && block.index === 0)) return 'identity';
  if (plan.shortcut === 'B') return projection;
  return plan.shortcut === 'A' ? 'subsample-pad-end' : plan.shortcut;
}

function classifier(features: tfl.SymbolicTensor, { head }: Architecture, plan: Plan): tfl.SymbolicTensor {
  const { application, dropRate: rate, seed } = plan;
  const { classes, classifierActivation: activation } = application;
  const kernelInitializer = plan.classifierInitializer;
  if (head) return head(features, { classes, activation, kernelInitializer });
  let x = apply(tfl.layers.globalAveragePooling2d({ name: 'avg_pool' }), features);
  if (rate > 0) {
    const dropSeed = layerSeed(seed, 'drop');
    x = apply(dropout({ name: 'drop', rate, ...(dropSeed === undefined ? {} : { seed: dropSeed }) }), x);
  }
  const dense = tfl.layers.dense({
    name: 'predictions',
    units: classes,
    activation,
    kernelInitializer: kernelInitializer('predictions'),
  });
  return apply(dense, x);
}

function pooled(features: tfl.SymbolicTensor, { application: { pooling } }: Plan): tfl.SymbolicTensor {
  if (pooling === 'avg') return apply(tfl.layers.globalAveragePooling2d({ name: 'avg_pool' }), features);
  if (pooling === 'max') return apply(tfl.layers.globalMaxPooling2d({ name: 'max_pool' }), features);
  return features;
}

/** The inputs that `tensor` comes from: itself, unless it is a layer's output. */
function sourceInputs(tensor: tfl.SymbolicTensor): tfl.SymbolicTensor[] {
  const node = tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
  if (node === undefined || node.inputTensors.length === 0 || node.inboundLayers.length === 0)
    return [tensor];
  return [...new Set(node.inputTensors.flatMap(sourceInputs))];
}

/** The options given that change layers or shapes: who builds the network again needs them. */
function structuralOptions(options: AnyResNetOptions): NonNullable<ModelMetadata['architectureOptions']> {
  return Object.fromEntries(
    STRUCTURAL_OPTION_NAMES.flatMap((name) => {
      const value = options[name];
      // A piece is recorded by name.
      return value === undefined ? [] : [[name, typeof value === 'object' ? value.name : value]];
    }),
  );
}
