import type * as tfl from '@tensorflow/tfjs-layers';
import { type ModelMetadata, type Preprocessing, ZooError } from '@zoo/core';
import { pickOptions, READING_OPTIONS, readOptions } from '@zoo/core/options';

import { type PretrainedResNetOptions, RESNET_OPTIONS } from '../builder/options';
import { identifyNetwork } from '../identify/identify-network';
import type { NetworkIdentity } from '../identify/identity';
import { LOADING_OPTIONS, type LoadingOptions } from '../pretrained/loading-options';
import { RESNET_FAMILY } from '../resnet-family';
import { timmArchitectures } from '../timm-architectures';

import type { HubConfig } from './hub-config';

type HubOptions = Omit<PretrainedResNetOptions, 'weights' | 'variant'>;

/**
 * A model of the Hugging Face Hub: the network that its `config.json` describes (timm's schema or transformers'), with its weights, the
 * names of its classes and how it reads pictures.
 *
 * @param name `hf:user/repository`, or `hf:user/repository@revision`.
 * @throws ZooError 'download' where the Hub has no such model, or not for this reader; 'unsupported' for one that is none of the family.
 */
export async function loadFromHub(name: string, options: HubOptions): Promise<tfl.LayersModel> {
  const { includeTop, inputShape, ...rest } = options;
  readOptions({ ...RESNET_OPTIONS, ...LOADING_OPTIONS }, { ...options, weights: name }, '');
  const { openHubModel } = await import('./open-hub-model');
  const { source, config, licence, weights } = await openHubModel(name, options);
  const { architecture } = config;
  const told = architecture === undefined ? undefined : timmIdentity(config, architecture, source);
  const file = await weights();
  const common = pickOptions(READING_OPTIONS, options);
  const identity = told ?? (await transformersIdentity(file, config, options));
  const withTop = includeTop ?? identity.classes !== undefined;
  const size = inputShape === undefined ? undefined : ([inputShape[0], inputShape[1]] as const);
  const given = Object.fromEntries(
    Object.entries(rest).filter(([option]) => !Object.hasOwn(LOADING_OPTIONS, option)),
  );
  const { loadIdentified } = await import('../loading');
  return loadIdentified(
    RESNET_FAMILY,
    file,
    { ...identity, metadata: { ...metadataOf(config, withTop, size), ...(licence && { licence }) } },
    { ...given, ...common, includeTop: withTop, ...(inputShape && { inputShape }) },
  );
}

/** The network that timm calls so; a name alone tells it from others with the same weights. */
function timmIdentity(config: HubConfig, architecture: string, source: string): NetworkIdentity {
  const isRow = Object.hasOwn(timmArchitectures(), architecture);
  const plain = RESNET_FAMILY.named().find(({ name }) => name === architecture);
  // Those of torchvision, which timm builds as torchvision does.
  if (!isRow && (plain === undefined || plain.preActivation !== undefined)) {
    throw new ZooError(
      'unsupported',
      `Expected a residual network of this package but ${source} describes '${architecture}'. zoo models lists what is built here.`,
    );
  }
  return {
    source,
    architecture,
    options: isRow ? {} : { variant: 'torchvision' },
    ambiguities: [],
    classes: config.classes === 0 ? undefined : config.classes,
    hasOtherHead: false,
    channels: config.channels,
    normalization: undefined,
    naming: 'torch',
    metadata: undefined,
  };
}

async function transformersIdentity(
  file: string,
  { stridesFirst, channels }: HubConfig,
  options: LoadingOptions,
): Promise<NetworkIdentity> {
  const identity = await identifyNetwork(file, pickOptions(READING_OPTIONS, options));
  return {
    ...identity,
    channels,
    options: { ...identity.options, ...(stridesFirst && { strideIn: 'first' }) },
  };
}

/** What the model knows of itself, for pictures of the size that it is built for. */
function metadataOf(
  { classNames, preprocessing, test }: HubConfig,
  withTop: boolean,
  size: readonly [number | null, number | null] | undefined,
): ModelMetadata {
  const [height, width] = size ?? preprocessing.imageSize ?? [];
  const isTest = size !== undefined && test?.imageSize.every((each, axis) => each === size[axis]) === true;
  const imageSize: Partial<Preprocessing> =
    typeof height === 'number' && typeof width === 'number' ? { imageSize: [height, width] } : {};
  return {
    ...(withTop && classNames && { classNames }),
    preprocessing: {
      ...preprocessing,
      ...imageSize,
      ...(isTest && { cropFraction: test.cropFraction }),
    },
  };
}
