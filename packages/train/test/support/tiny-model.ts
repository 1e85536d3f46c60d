import * as tfl from '@tensorflow/tfjs-layers';

import { IMAGE_SHAPE } from './memory-source';

export interface TinyModelOptions {
  classes?: number;
  activation?: 'softmax' | 'sigmoid' | 'linear';
  seed?: number;
  dropRate?: number;
}

/** A small convolutional classifier of stock layers with fixed names; the same seed gives the same weights. */
export function tinyModel({
  classes = 3,
  activation = 'softmax',
  seed = 7,
  dropRate = 0,
}: TinyModelOptions = {}) {
  const kernelInitializer = tfl.initializers.glorotUniform({ seed });
  const input = tfl.input({ shape: [...IMAGE_SHAPE], name: 'pictures' });
  const convolved = tfl.layers
    .conv2d({
      filters: 4,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer,
      name: 'conv',
    })
    .apply(input);
  const dropped = tfl.layers
    .dropout({ rate: dropRate, name: 'drop' })
    .apply(tfl.layers.flatten({ name: 'flat' }).apply(convolved));
  const output = tfl.layers
    .dense({ units: classes, activation, kernelInitializer, name: 'predictions' })
    .apply(dropped) as tfl.SymbolicTensor;
  return tfl.model({ inputs: input, outputs: output, name: 'tiny' });
}

/** All weights on the host, by name as the model has them. */
export function weightValues(model: tfl.LayersModel): number[][] {
  return model.weights.map((weight) => [...weight.read().dataSync()]);
}
