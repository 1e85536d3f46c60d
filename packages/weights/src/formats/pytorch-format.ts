import { loadTorchWeights } from '../torch/load-torch-weights';
import { isTorchContent, openTorchFile } from '../torch/open-torch-file';

import { commonOptions, parentNames, type WeightFormat } from './weight-format';

/** What `torch.save` wrote: an archive around a pickle, or the pickles of PyTorch before 1.6. */
export const pytorchFormat: WeightFormat = {
  title: 'PyTorch',
  isOf: isTorchContent,
  async inspect(source) {
    const { tensors: stored, classNames } = await openTorchFile(source);
    const tensors = stored.map(({ name, shape }) => ({ name, shape }));
    return {
      fileName: source.name,
      format: 'pytorch',
      kernelOrder: 'pytorch',
      tensors,
      layerNames: parentNames(tensors, '.'),
      architecture: undefined,
      classNames,
      metadata: {},
    };
  },
  load: (model, source, options) => loadTorchWeights(model, source, commonOptions(options)),
};
