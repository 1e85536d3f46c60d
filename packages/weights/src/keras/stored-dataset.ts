import type { Hdf5Dataset } from '../hdf5/hdf5-file';
import type { StoredTensor } from '../stored-tensor';

/** A dataset as a {@link StoredTensor}; one that holds no numbers is found out when it is read. */
export function storedDataset(name: string, dataset: Hdf5Dataset): StoredTensor {
  return { name, shape: dataset.shape, type: dataset.type ?? 'float32', read: () => dataset.read() };
}
