import { loadKerasWeights } from '../keras/load-keras-weights';
import { isKerasContent, openKerasFile } from '../keras/open-keras-file';

import type { WeightFormat } from './weight-format';

/** Keras' files of every age: legacy `.h5`, `.weights.h5` and its shards' index, `.keras`. */
export const kerasFormat: WeightFormat = {
  title: 'Keras',
  isOf: isKerasContent,
  async inspect(source) {
    const { format, layers, modelConfig, metadata } = await openKerasFile(source);
    return {
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
    };
  },
  load: loadKerasWeights,
};

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).replace(/:\d+$/, '');
}
