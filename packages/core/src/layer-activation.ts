import type * as tfl from '@tensorflow/tfjs-layers';

/**
 * What a layer does to values last: an activation's name; `passing` if it hands on its input's values, in another shape or in training
 * only; `mixing` if it computes with what it is given, without an activation of its own.
 */
export type LayerActivation = string;

const PASSING = /^(reshape|flatten|dropout|spatialdropout1d|identity)$/i;
const RECTIFIERS = /^(Zoo)?(\w*ReLU|ELU)$/;

/** Tells by a layer's class and settings what it does to values last. */
export function layerActivation(layer: tfl.layers.Layer): LayerActivation {
  const className = layer.getClassName();
  if (PASSING.test(className)) return 'passing';
  const config = layer.getConfig();
  const { activation } = config;
  if (typeof activation === 'string') return activation;
  if (className === 'Softmax' || className === 'ZooSoftmax') return softmaxOver(config['axis'], layer);
  // Operations of Keras' functional models, as `@zoo/weights` reads them.
  if (className === 'ZooOperation') {
    const operation = config['operation'] as string;
    if (PASSING.test(operation)) return 'passing';
    const options = config['options'] as { axis?: unknown } | undefined;
    if (operation === 'softmax') return softmaxOver(options?.axis, layer);
    return operation === 'sigmoid' ? operation : 'mixing';
  }
  return RECTIFIERS.test(className) ? className : 'mixing';
}

function softmaxOver(axis: unknown, layer: tfl.layers.Layer): string {
  const last = (layer.outputShape as tfl.Shape).length - 1;
  // One axis may stand in a list.
  return ['-1', String(last)].includes(JSON.stringify(axis ?? -1).replace(/[[\]]/g, ''))
    ? 'softmax'
    : `softmax over axis ${JSON.stringify(axis)}`;
}
