import * as tfl from '@tensorflow/tfjs-layers';

type Layer = tfl.layers.Layer;

/** A convolution of which channels can go: only one other convolution reads them, by way of layers that treat each channel by itself. */
export interface PrunableChain {
  readonly convolution: Layer;
  /** Batch norms between the two, in order. */
  readonly norms: readonly Layer[];
  readonly reader: Layer;
}

/** Layers without weights that make of each channel one of their own. */
const OF_EACH_CHANNEL = [
  ...[
    'Activation',
    'ReLU',
    'LeakyReLU',
    'ELU',
    'ThresholdedReLU',
    'Dropout',
    'SpatialDropout2D',
    'GaussianNoise',
  ],
  ...['ZeroPadding2D', 'Cropping2D', 'MaxPooling2D', 'AveragePooling2D', 'UpSampling2D', 'BlurPooling2D'],
];

/** Activations that need all channels at once. */
const OF_ALL_CHANNELS = ['softmax', 'logSoftmax', 'log_softmax'];

/**
 * The convolutions of `model` whose channels no sum, concatenation or output holds in place: those within residual blocks. Layers of models
 * within the model stay whole.
 */
export function prunableChains(model: tfl.LayersModel): PrunableChain[] {
  const readersOf = readers(model);
  const outputs = new Set(outputLayers(model));
  return model.layers.flatMap((convolution) => {
    if (!isPlainConvolution(convolution)) return [];
    const norms: Layer[] = [];
    for (let layer = convolution; ;) {
      const [reader, ...others] = readersOf.get(layer) ?? [];
      if (reader === undefined || others.length > 0 || outputs.has(layer)) return [];
      if (isPlainConvolution(reader)) return [{ convolution, norms, reader }];
      if (isNorm(reader)) norms.push(reader);
      else if (!isOfEachChannel(reader)) return [];
      layer = reader;
    }
  });
}

/** A call of a layer, as TensorFlow.js keeps it. */
interface LayerCall {
  readonly outboundLayer: Layer;
  readonly inboundLayers: readonly Layer[];
}

interface Functional {
  readonly nodesByDepth: Readonly<Record<string, readonly LayerCall[]>>;
  readonly outputLayers: readonly Layer[];
}

/** A sequential model keeps the functional one, which it builds when it is first used, in `model`. */
function functional(model: tfl.LayersModel): Functional {
  if (model instanceof tfl.Sequential && !model.built) model.build();
  return (model as unknown as { model?: Functional }).model ?? model;
}

const outputLayers = (model: tfl.LayersModel): readonly Layer[] => functional(model).outputLayers;

/** The layers that read each layer, one for each call: a shared layer reads, and is read, several times. */
function readers(model: tfl.LayersModel): ReadonlyMap<Layer, readonly Layer[]> {
  const found = new Map<Layer, Layer[]>();
  for (const { outboundLayer, inboundLayers } of Object.values(functional(model).nodesByDepth).flat()) {
    for (const layer of inboundLayers) found.set(layer, [...(found.get(layer) ?? []), outboundLayer]);
  }
  return found;
}

/** One that mixes all of its inputs for each output, called once. */
function isPlainConvolution(layer: Layer): boolean {
  const {
    groups = 1,
    dataFormat,
    activation,
  } = layer.getConfig() as {
    groups?: number;
    dataFormat?: string;
    activation?: string;
  };
  return (
    layer.getClassName() === 'Conv2D' &&
    groups === 1 &&
    dataFormat !== 'channelsFirst' &&
    !OF_ALL_CHANNELS.includes(activation ?? 'linear') &&
    layer.inboundNodes.length === 1
  );
}

function isNorm(layer: Layer): boolean {
  const { axis } = layer.getConfig() as { axis?: number | readonly number[] };
  return (
    layer.getClassName() === 'BatchNormalization' &&
    [-1, 3].includes([axis].flat()[0] as number) &&
    layer.inboundNodes.length === 1
  );
}

function isOfEachChannel(layer: Layer): boolean {
  const { dataFormat, activation } = layer.getConfig() as { dataFormat?: string; activation?: string };
  return (
    OF_EACH_CHANNEL.includes(layer.getClassName()) &&
    dataFormat !== 'channelsFirst' &&
    !OF_ALL_CHANNELS.includes(activation ?? 'linear') &&
    layer.inboundNodes.length === 1
  );
}
