import { dequantized } from '../quantize/dequantized';
import { isSafetensors, openSafetensors } from '../safetensors/read-safetensors';
import type { ByteSource } from '../source/byte-source';
import { withBareNames } from '../torch/bare-names';
import { matchTorchTensors } from '../torch/match-torch-tensors';

import { matchOwnNames, type OpenedFile, parentNames, type WeightFormat } from './weight-format';

/** Safetensors, whose metadata say whose names and layouts they use: `tf`, as this package writes them, or `pt`. */
export const safetensorsFormat: WeightFormat = {
  title: 'safetensors',
  isOf: (_, start) => isSafetensors(start),
  open: (source) => openSafetensorsAs(source),
};

/** Opens safetensors with the names and layouts of `convention`, whatever the metadata say. Default: what they say. */
export async function openSafetensorsAs(
  source: ByteSource,
  convention?: 'tensorflow' | 'pytorch',
): Promise<OpenedFile> {
  const { tensors: written, metadata } = await openSafetensors(source);
  const stored = dequantized(written, source.name);
  const kernelOrder = convention ?? (metadata['format'] === 'tf' ? 'tensorflow' : 'pytorch');
  const tensors = kernelOrder === 'pytorch' ? withBareNames(stored) : stored;
  return {
    name: source.name,
    metadata,
    inspect: () => ({
      fileName: source.name,
      format: 'safetensors',
      kernelOrder,
      tensors: tensors.map(({ name, shape }) => ({ name, shape })),
      layerNames: parentNames(tensors, kernelOrder === 'tensorflow' ? '/' : '.'),
      architecture: undefined,
      classNames: undefined,
      metadata,
    }),
    match: (model, options) =>
      kernelOrder === 'pytorch'
        ? matchTorchTensors(model, tensors, source.name, options)
        : matchOwnNames(model, tensors, options),
  };
}
