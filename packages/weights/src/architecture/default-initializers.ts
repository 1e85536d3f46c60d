import type { ObjectSpec } from './parse-objects';

const WITH_KERNEL = ['kernel', 'bias'];
const RECURRENT = ['kernel', 'recurrent', 'bias'];

/** The weights of each class that an initializer makes. */
const WEIGHTS: Readonly<Record<string, readonly string[]>> = {
  Dense: WITH_KERNEL,
  Conv1D: WITH_KERNEL,
  Conv2D: WITH_KERNEL,
  Conv3D: WITH_KERNEL,
  Conv2DTranspose: WITH_KERNEL,
  Conv3DTranspose: WITH_KERNEL,
  DepthwiseConv2D: ['depthwise', 'bias'],
  SeparableConv2D: ['depthwise', 'pointwise', 'bias'],
  BatchNormalization: ['beta', 'gamma', 'movingMean', 'movingVariance'],
  GroupNormalization: ['beta', 'gamma'],
  LayerNormalization: ['beta', 'gamma'],
  Embedding: ['embeddings'],
  PReLU: ['alpha'],
  SimpleRNN: RECURRENT,
  LSTM: RECURRENT,
  GRU: RECURRENT,
  SimpleRNNCell: RECURRENT,
  LSTMCell: RECURRENT,
  GRUCell: RECURRENT,
  ConvLSTM2D: RECURRENT,
};

/**
 * The initializers that a layer of this class takes where its configuration has none: an architecture without them would make weights that
 * nobody counts.
 */
export function defaultInitializers(className: string): [key: string, initializer: ObjectSpec][] {
  const weights = WEIGHTS[className.replace(/^Zoo/, '')] ?? [];
  return weights.map((weight) => [`${weight}Initializer`, { className: classOf(weight), config: {} }]);
}

function classOf(weight: string): string {
  if (weight === 'gamma' || weight === 'movingVariance') return 'Ones';
  if (weight === 'recurrent') return 'Orthogonal';
  return /^(kernel|depthwise|pointwise)$/.test(weight) ? 'GlorotUniform' : 'Zeros';
}
