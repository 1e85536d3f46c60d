import { loadSafetensors } from '../safetensors/model-safetensors';
import { readSafetensorsTable } from '../safetensors/read-safetensors';
import { loadTorchWeights } from '../torch/load-torch-weights';
import { isSafetensors } from '../torch/open-torch-file';

import { commonOptions, parentNames, type WeightFormat } from './weight-format';

/** Safetensors, whose metadata say whose names and layouts they use: `tf`, as this package writes them, or `pt`. */
export const safetensorsFormat: WeightFormat = {
  title: 'safetensors',
  isOf: (_, start) => isSafetensors(start),
  async inspect(source) {
    const { entries, metadata } = await readSafetensorsTable(source);
    const tensors = Array.from(entries, ([name, { shape }]) => ({ name, shape }));
    const kernelOrder = metadata['format'] === 'tf' ? 'tensorflow' : 'pytorch';
    return {
      fileName: source.name,
      format: 'safetensors',
      kernelOrder,
      tensors,
      layerNames: parentNames(tensors, kernelOrder === 'tensorflow' ? '/' : '.'),
      architecture: undefined,
      classNames: undefined,
      metadata,
    };
  },
  async load(model, source, options) {
    const { metadata } = await readSafetensorsTable(source);
    const load = metadata['format'] === 'tf' ? loadSafetensors : loadTorchWeights;
    return load(model, source, commonOptions(options));
  },
};
