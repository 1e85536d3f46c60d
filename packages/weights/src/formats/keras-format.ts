import { matchKerasFile } from '../keras/match-keras-file';
import { isKerasContent, openKerasFile } from '../keras/open-keras-file';

import type { WeightFormat } from './weight-format';

/** Keras' files of every age: legacy `.h5`, `.weights.h5` and its shards' index, `.keras`. */
export const kerasFormat: WeightFormat = {
  title: 'Keras',
  isOf: isKerasContent,
  async open(source) {
    const file = await openKerasFile(source);
    const { format, layers, modelConfig, metadata } = file;
    return {
      name: source.name,
      metadata,
      inspect: () => ({
        fileName: source.name,
        format,
        kernelOrder: 'tensorflow',
        tensors: layers.flatMap((layer) =>
          layer.tensors.map(({ name, shape }) => ({ name: `${layer.name}/${lastPart(name)}`, shape })),
        ),
        layerNames: layers.map(({ name }) => name),
        architecture: modelConfig,
        classNames: undefined,
        metadata,
      }),
      match: (model, options) => matchKerasFile(model, file, options),
      verify: async () => file.verify?.(),
      advice:
        'Build the network that the file is of, with its own options; `rename` says what a layer of the file is called in the model.',
    };
  },
};

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).replace(/:\d+$/, '');
}
