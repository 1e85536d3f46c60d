import { READING_OPTIONS, readOptions } from '@zoo/core/options';
import type { ReadOptions, WeightFile } from '@zoo/weights';

import { RESNET_FAMILY } from '../resnet-family';

import type { NetworkIdentity } from './identity';

/** Options of {@link identifyNetwork}. */
export type IdentifyNetworkOptions = ReadOptions;

/**
 * Says which network of the family a weight file holds: architecture, variant, stem, form of shortcut, classes and input channels, from the
 * names and shapes of its weights and its metadata. No weight is read.
 *
 * The architecture follows from the shapes alone, so that names don't matter; strides and padding follow from the metadata that this
 * package writes, from the architecture in a Keras file, or from the naming scheme of the layers. What still fits several values is listed
 * in `ambiguities`.
 *
 * @param file A path (in Node), address, Blob, File, bytes or ByteSource: Keras, PyTorch or safetensors, told by content.
 * @throws ZooError 'unsupported' if no network of the family has these weights, 'invalid-file', 'download'.
 *
 * @example
 * const { architecture, options, classes } = await identifyNetwork('resnet50-0676ba61.pth');
 * createResnet(architecture, { ...options, classes }); // resnet50, { variant: 'torchvision', classes: 1000 }
 */
export async function identifyNetwork(
  file: WeightFile,
  options: IdentifyNetworkOptions = {},
): Promise<NetworkIdentity> {
  readOptions(READING_OPTIONS, options);
  const { identityOfFile } = await import('../loading');
  return identityOfFile(RESNET_FAMILY, file, options);
}
