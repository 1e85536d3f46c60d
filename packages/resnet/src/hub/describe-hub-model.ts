import type { ModelMetadata } from '@zoo/core';
import { readOptions } from '@zoo/core/options';

import { LOADING_OPTIONS, type LoadingOptions } from '../pretrained/loading-options';

import type { HubConfig } from './hub-config';

/** What a repository of the Hub states about its model. */
export interface HubDescription
  extends
    Pick<HubConfig, 'architecture' | 'classes' | 'channels' | 'test'>,
    Pick<ModelMetadata, 'classNames' | 'preprocessing' | 'licence'> {
  /** As it was asked for: `hf:timm/resnet50.a1_in1k`. */
  readonly name: string;
}

/**
 * Reads what the Hub states about a model, without its weights: network and classes (undefined if only the weights tell, as for
 * transformers' ResNets), preprocessing, and the licence from its configuration or its card.
 *
 * @param name `hf:user/repository`, or `hf:user/repository@revision`.
 * @throws ZooError 'download' if the Hub has no such model or does not grant access; 'unsupported' for a model outside of the family.
 */
export async function describeHubModel(name: string, options: LoadingOptions = {}): Promise<HubDescription> {
  readOptions(LOADING_OPTIONS, options);
  const { openHubModel } = await import('./open-hub-model');
  const { config, licence } = await openHubModel(name, options);
  const { architecture, classes, channels, classNames, preprocessing, test } = config;
  return {
    ...{ name, architecture, classes, channels, preprocessing, test },
    ...(classNames && { classNames }),
    ...(licence !== undefined && { licence }),
  };
}
