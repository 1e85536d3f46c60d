import type * as tfl from '@tensorflow/tfjs-layers';
import { pickOptions, READING_OPTIONS } from '@zoo/core/options';
import type { WeightFile } from '@zoo/weights';

import { RESNET_FAMILY } from '../resnet-family';

import { identifyNetwork } from './identify-network';
import type { LoadNetworkOptions } from './load-identified';

/**
 * Builds the network that a weight file belongs to, in its own variant, and gives it the file's weights.
 *
 * Nothing is guessed: an option that fits in several ways has to be given. The model's metadata has the preprocessing if the file or the
 * variant's convention states it.
 *
 * @param file A path (in Node), address, Blob, File, bytes or ByteSource: Keras, PyTorch or safetensors, told by content.
 * @returns The network, the caller's to dispose.
 * @throws ZooError 'unsupported' if no network of the family has these weights, 'invalid-file', 'weights-mismatch', 'download';
 *   ArgumentError that names an option that the file does not determine.
 *
 * @example
 * const model = await loadNetwork('resnet50-0676ba61.pth'); // torchvision's ResNet-50, 1000 classes
 */
export async function loadNetwork(
  file: WeightFile,
  options: LoadNetworkOptions = {},
): Promise<tfl.LayersModel> {
  const { adapt, ...own } = options;
  const identity = await identifyNetwork(file, pickOptions(READING_OPTIONS, options));
  const { adapted, loadIdentified } = await import('../loading');
  return adapted(RESNET_FAMILY, await loadIdentified(RESNET_FAMILY, file, identity, own), adapt, own);
}
