import { matchTorchTensors } from '../torch/match-torch-tensors';
import { isTorchContent, openTorchFile } from '../torch/open-torch-file';

import { parentNames, type WeightFormat } from './weight-format';

/** What `torch.save` wrote: an archive around a pickle, or the pickles of PyTorch before 1.6. */
export const pytorchFormat: WeightFormat = {
  title: 'PyTorch',
  isOf: isTorchContent,
  async open(source) {
    const file = await openTorchFile(source);
    const { tensors, classNames } = file;
    return {
      name: source.name,
      metadata: {},
      inspect: () => ({
        fileName: source.name,
        format: 'pytorch',
        kernelOrder: 'pytorch',
        tensors: tensors.map(({ name, shape }) => ({ name, shape })),
        layerNames: parentNames(tensors, '.'),
        architecture: undefined,
        classNames,
        metadata: {},
      }),
      match: (model, options) => matchTorchTensors(model, tensors, source.name, options),
      verify: async () => file.verify?.(),
    };
  },
};
