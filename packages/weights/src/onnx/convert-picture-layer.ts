import { ZooError } from '@zoo/core';

import { middle, ratioCrop, ratioMargins, type Size } from '../layers/fit-to-ratio';
import { type Interpolation, resamplingWeights } from '../layers/resample';

import type { GraphValue } from './graph-builder';
import { hasChannelsFirst, physicalAxis, type LayerCall } from './layer-call';

type Margins = readonly [before: number, after: number];

/** `ZeroPadding2D`. */
export function convertZeroPadding(call: LayerCall): GraphValue {
  const { builder, layer, config, inputs } = call;
  const input = builder.channelsFirst(inputs[0]!);
  return pad(call, layer.name, input, config['padding'] as [Margins, Margins], 0);
}

/** [1, 2, 1] / 4 each way. */
const BINOMIAL = [1, 2, 1, 2, 4, 2, 1, 2, 1].map((weight) => weight / 16);

/**
 * `BlurPooling2D`: a depthwise convolution of every second pixel, the edges mirrored. Its weights are whole sixteenths, in int8 too.
 * onnxruntime refuses to mirror a picture of one line if the model leaves its size open.
 */
export function convertBlurPooling(call: LayerCall): GraphValue {
  const { builder, layer, inputShape } = call;
  const { name } = layer;
  const channels = inputShape[3]!;
  const values = Float32Array.from({ length: 9 * channels }, (_, i) => BINOMIAL[i % 9]!);
  const kernel = builder.kernel(`${name}_kernel`, [channels, 1, 3, 3], values, 0, 1 / 16);
  return builder.add('Conv', name, [mirrored(call), kernel], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    group: channels,
    auto_pad: 'VALID',
  });
}

/** The input with a line more at each side, the one next to the edge; a picture of one line has no other than this. */
function mirrored({ builder, layer, inputs, inputShape }: LayerCall): GraphValue {
  const modes = [1, 2].map((axis) => (inputShape[axis] === 1 ? 'edge' : 'reflect'));
  return [...new Set(modes)].reduce((padded, mode) => {
    const sides = modes.map((each) => Number(each === mode));
    const margins = builder.integers(`${layer.name}_margins`, [0, 0, ...sides, 0, 0, ...sides]);
    return builder.add('Pad', `${layer.name}_${mode}`, [padded, margins], { mode });
  }, builder.channelsFirst(inputs[0]!));
}

/** `Cropping2D`. */
export function convertCropping(call: LayerCall): GraphValue {
  const [rows, columns] = call.config['cropping'] as [Margins, Margins];
  // An end of -0 would be the beginning.
  const ends = [rows, columns].map(([, after]) => (after === 0 ? Number.MAX_SAFE_INTEGER : -after));
  return slice(call, call.layer.name, call.inputs[0]!, [rows[0], columns[0]], ends);
}

/** `CenterCrop`: the middle; of a picture that is too small, its largest part of that ratio, enlarged. */
export function convertCenterCrop(call: LayerCall): GraphValue {
  const size = targetSize(call);
  const oldSize = knownSize(call);
  if (oldSize[0] >= size[0] && oldSize[1] >= size[1])
    return cropMiddle(call, call.layer.name, call.inputs[0]!, oldSize, size);
  const ratio = ratioCrop(oldSize, size);
  const part = cropMiddle(call, `${call.layer.name}_part`, call.inputs[0]!, oldSize, ratio);
  return resample(call, part, ratio, size, { interpolation: 'bilinear', antialias: false });
}

/** `Resizing`, with its crop or its margins. */
export function convertResizing(call: LayerCall): GraphValue {
  const { config, layer } = call;
  const size = targetSize(call);
  const oldSize = knownSize(call);
  const options = {
    interpolation: config['interpolation'] as Interpolation,
    antialias: config['antialias'] === true,
  };
  if (config['cropToAspectRatio'] === true) {
    const ratio = ratioCrop(oldSize, size);
    const part = cropMiddle(call, `${layer.name}_part`, call.inputs[0]!, oldSize, ratio);
    return resample(call, part, ratio, size, options);
  }
  if (config['padToAspectRatio'] !== true) return resample(call, call.inputs[0]!, oldSize, size, options);
  const [rows, columns] = ratioMargins(oldSize, size);
  const padded = [oldSize[0] + 2 * rows, oldSize[1] + 2 * columns] as const;
  const margins = [[rows, rows] as const, [columns, columns] as const] as const;
  const whole = pad(call, `${layer.name}_padded`, call.inputs[0]!, margins, Number(config['fillValue'] ?? 0));
  return resample(call, whole, padded, size, options);
}

/** `UpSampling2D`: by a matrix of weights, or by ONNX' own operator where the input's size is open. */
export function convertUpSampling(call: LayerCall): GraphValue {
  const { builder, layer, config, inputs } = call;
  const [rows, columns] = config['size'] as [number, number];
  const interpolation = config['interpolation'] as Interpolation;
  // The stock class of TensorFlow.js aligns the pictures' corners, Keras and ours the pixels' centres.
  const isStock = layer.getClassName() === 'UpSampling2D';
  const hasOperator = isStock || ['nearest', 'bilinear'].includes(interpolation);
  const oldSize = hasOperator ? sizeOf(call) : knownSize(call);
  if (oldSize !== undefined && !isStock) {
    const size = [oldSize[0] * rows, oldSize[1] * columns] as const;
    return resample(call, inputs[0]!, oldSize, size, { interpolation, antialias: false });
  }
  const input = builder.channelsFirst(inputs[0]!);
  const scales = new Float32Array(4).fill(1);
  [rows, columns].forEach((times, i) => (scales[physicalAxis(spatialAxes(call)[i]!, input)] = times));
  const scale = builder.constant(`${layer.name}_scales`, [4], scales);
  return builder.add('Resize', layer.name, [input, '', scale], {
    mode: interpolation === 'nearest' ? 'nearest' : 'linear',
    coordinate_transformation_mode: isStock ? 'asymmetric' : 'half_pixel',
    nearest_mode: 'floor',
  });
}

/** Two products with the matrices of weights that the layer itself computes with. */
function resample(
  call: LayerCall,
  value: GraphValue,
  oldSize: Size,
  size: Size,
  { interpolation, antialias }: { readonly interpolation: Interpolation; readonly antialias: boolean },
): GraphValue {
  const { builder, layer } = call;
  // Height and width lie last for the products, whichever axis is the channels'.
  const picture = hasChannelsFirst(call.config) ? builder.channelsLast(value) : builder.channelsFirst(value);
  const [rows, columns] = oldSize.map((old, i) => resamplingWeights(old, size[i]!, interpolation, antialias));
  const left = builder.constant(`${layer.name}_rows`, [size[0], oldSize[0]], rows!);
  const right = builder.constant(
    `${layer.name}_columns`,
    [oldSize[1], size[1]],
    transposed(columns!, size[1], oldSize[1]),
  );
  const { rank, isChannelsFirst } = picture;
  const tall = builder.add('MatMul', `${layer.name}_tall`, [left, picture], {}, { rank, isChannelsFirst });
  return builder.add('MatMul', layer.name, [tall, right]);
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

function cropMiddle(call: LayerCall, name: string, value: GraphValue, oldSize: Size, size: Size): GraphValue {
  const starts = middle(oldSize, size);
  return slice(
    call,
    name,
    value,
    starts,
    starts.map((start, i) => start + size[i]!),
  );
}

/** The rows and columns from `starts` up to, and without, `ends`. */
function slice(
  call: LayerCall,
  name: string,
  value: GraphValue,
  starts: readonly number[],
  ends: readonly number[],
): GraphValue {
  const axes = spatialAxes(call).map((axis) => physicalAxis(axis, value));
  const lists = Object.entries({ starts, ends, axes });
  const constants = lists.map(([list, values]) => call.builder.integers(`${name}_${list}`, values));
  return call.builder.add('Slice', name, [value, ...constants]);
}

function pad(
  call: LayerCall,
  name: string,
  value: GraphValue,
  margins: readonly [Margins, Margins],
  fillValue: number,
): GraphValue {
  const { builder } = call;
  const [before, after] = [new Array<number>(4).fill(0), new Array<number>(4).fill(0)];
  spatialAxes(call).forEach((axis, i) => {
    const physical = physicalAxis(axis, value);
    [before[physical], after[physical]] = margins[i]!;
  });
  const pads = builder.integers(`${name}_pads`, [...before, ...after]);
  const fill = fillValue === 0 ? [] : [builder.scalar(`${name}_fill`, fillValue)];
  return builder.add('Pad', name, [value, pads, ...fill]);
}

/** The axes that the layer's own data format calls height and width. */
function spatialAxes({ config }: LayerCall): [number, number] {
  return hasChannelsFirst(config) ? [2, 3] : [1, 2];
}

function targetSize({ config }: LayerCall): Size {
  return [config['height'] as number, config['width'] as number];
}

function sizeOf(call: LayerCall): Size | undefined {
  const [height, width] = spatialAxes(call).map((axis) => call.inputShape[axis] ?? undefined);
  return height === undefined || width === undefined ? undefined : [height, width];
}

function knownSize(call: LayerCall): Size {
  const { layer } = call;
  const known = sizeOf(call);
  if (known !== undefined) return known;
  throw new ZooError(
    'unsupported',
    `Expected a layer that can be exported to ONNX but ${layer.getClassName()} ('${layer.name}') has an input of open height ` +
      'or width. Build the model with a fixed inputShape to export it.',
  );
}
