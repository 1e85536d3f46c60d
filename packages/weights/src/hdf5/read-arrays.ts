import { withSource, type WeightFile } from '../source/open-source';
import type { UrlSourceOptions } from '../source/url-source';
import type { HostTensor, TensorValues } from '../tensor-data';

import { openHdf5 } from './hdf5-file';

/**
 * Reads arrays of numbers from an HDF5 file, in the order of `paths`: datasets that h5py wrote, such as `train_set_x`.
 *
 * @example
 * const [pictures, labels] = await readHdf5Arrays('train_signs.h5', ['train_set_x', 'train_set_y']);
 *
 * @param paths Names of datasets, with slashes between groups.
 * @throws ZooError 'invalid-file' for another kind of file, a damaged one, and for a dataset that is absent or holds no numbers;
 *   'unsupported' for what the reader lacks.
 */
export function readHdf5Arrays(
  file: WeightFile,
  paths: readonly string[],
  options: UrlSourceOptions = {},
): Promise<HostTensor<TensorValues>[]> {
  return withSource(file, options, async (source) => {
    const root = await openHdf5(source);
    const arrays: HostTensor<TensorValues>[] = [];
    for (const path of paths) {
      const dataset = await root.dataset(path);
      arrays.push({ shape: dataset.shape, values: await dataset.read() });
    }
    return arrays;
  });
}
