import type * as tfl from '@tensorflow/tfjs-layers';

import type { PretrainedResNetOptions } from '../builder/options';
import { createResnet } from '../create-resnet';
import { loadFromHub } from '../hub/load-from-hub';
import type { AdaptNetworkOptions } from '../identify/adapted-copy';
import { RESNET_FAMILY } from '../resnet-family';

import type { PretrainedEntry } from './catalogue';

/** Options of {@link pretrained}. */
export interface PretrainedOptions extends Omit<PretrainedResNetOptions, 'weights' | 'variant'> {
  /** Makes the network for other channels or classes than the weights' of it: {@link adaptNetwork}. */
  adapt?: AdaptNetworkOptions;
}

/**
 * Builds a network with published weights, given only their name, with a classifier if they have one; otherwise like
 * `resnet50({ weights })`.
 *
 * @param weights A name such as `resnet50.keras_in1k` (`resnet50` alone means Keras' or, failing those, torchvision's), or an entry of your
 *   own; or a model of the Hugging Face Hub, `hf:timm/resnet50.a1_in1k`, `hf:user/repository@revision`.
 * @throws (rejects) ArgumentError for an unknown name; ZooError 'download' if the file is unavailable, 'unsupported' for a model of the Hub
 *   outside of the family.
 */
export async function pretrained(
  weights: string | PretrainedEntry,
  options: PretrainedOptions = {},
): Promise<tfl.LayersModel> {
  const { adapt, ...own } = options;
  const model = await published(weights, own);
  if (adapt === undefined) return model;
  const { adapted } = await import('../loading');
  return adapted(RESNET_FAMILY, model, adapt, own);
}

async function published(
  weights: string | PretrainedEntry,
  options: Omit<PretrainedOptions, 'adapt'>,
): Promise<tfl.LayersModel> {
  if (typeof weights === 'string' && weights.startsWith('hf:')) return loadFromHub(weights, options);
  const entry =
    typeof weights === 'string' ? (await import('./catalogue')).pretrainedEntry(weights) : weights;
  const { includeTop = entry.includeTop } = options;
  return createResnet(entry.architecture, { ...options, includeTop, weights: entry });
}
