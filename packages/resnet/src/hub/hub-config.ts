import { parseClassIndex, type PixelNormalization, type Preprocessing, ZooError } from '@zoo/core';

import { licenceName } from './card-licence';

type Json = Readonly<Record<string, unknown>>;

/** What a repository's `config.json` says of its model. */
export interface HubConfig {
  /** timm's name of the network; undefined for a ResNet of transformers, whose weights tell. */
  readonly architecture: string | undefined;
  /** Outputs of the classifier, 0 for none; undefined where the weights tell. */
  readonly classes: number | undefined;
  readonly channels: number;
  /** True where a bottleneck of transformers' strides in its first convolution. */
  readonly stridesFirst: boolean;
  readonly classNames: readonly string[] | undefined;
  /** How pictures are read, as far as it says. */
  readonly preprocessing: Partial<Preprocessing>;
  /** As timm's schema has it: `apache-2.0`; undefined where a card may say. */
  readonly licence: string | undefined;
  /** The larger pictures that timm measures on, and their share; undefined where it names none. */
  readonly test: Pick<Preprocessing, 'imageSize' | 'cropFraction'> | undefined;
}

/** Reads JSON of a repository, an object; throws ZooError 'invalid-file' for anything else. */
export function parseHubJson(text: string, source: string): Json {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  } catch {
    // Said below.
  }
  throw new ZooError(
    'invalid-file',
    `Expected a JSON object in ${source} but found something else. Choose another model.`,
  );
}

/**
 * Reads a configuration by timm's schema or transformers'.
 *
 * @param readProcessor Reads transformers' `preprocessor_config.json`, where there is one.
 * @throws ZooError 'unsupported' for a network that is built in a way that this package does not build, 'invalid-file'.
 */
export async function hubConfig(
  config: Json,
  source: string,
  readProcessor: () => Promise<Json | undefined>,
): Promise<HubConfig> {
  if (typeof config['architecture'] === 'string') return timmConfig(config, config['architecture'], source);
  if (config['model_type'] === 'resnet') return transformersConfig(config, source, await readProcessor());
  throw unsupported(source, `describes ${JSON.stringify(config['model_type'] ?? 'no network')}`);
}

/** timm/models/_hub.py: `pretrained_cfg` in the configuration or, in older files, the configuration itself. */
function timmConfig(config: Json, architecture: string, source: string): HubConfig {
  const inner = objectOf(config['pretrained_cfg']) ?? config;
  const model = objectOf(config['model_args']) ?? {};
  const known = ['num_classes', 'in_chans', 'drop_rate', 'drop_path_rate', 'global_pool'];
  const strange = Object.keys(model).find((name) => !known.includes(name));
  if (strange !== undefined) throw unsupported(source, `builds the network with \`${strange}\``);
  const pool = model['global_pool'] ?? config['global_pool'] ?? 'avg';
  if (pool !== 'avg' && pool !== '') throw unsupported(source, `pools by '${textOf(pool)}'`);
  if ((numberOf(inner['label_offset']) ?? 0) > 0)
    throw unsupported(source, 'leaves classes of its weights out');
  const [channels = 3, height, width] = numbersOf(inner['input_size']) ?? [];
  const classes = numberOf(model['num_classes'] ?? config['num_classes'] ?? inner['num_classes']) ?? 1000;
  const labels = config['label_names'] ?? inner['label_names'] ?? inner['labels'];
  const descriptions = objectOf(config['label_descriptions'] ?? inner['label_descriptions']);
  const cropFraction = numberOf(inner['crop_pct']) ?? 0.875;
  const testSize = numbersOf(inner['test_input_size']);
  return {
    architecture: architecture.split('.')[0]!,
    classes,
    channels: numberOf(model['in_chans']) ?? channels,
    stridesFirst: false,
    classNames: classNamesOf(labels, descriptions, classes, source),
    preprocessing: {
      ...(height !== undefined && width !== undefined && { imageSize: [height, width] as const }),
      ...timmCrop(inner['crop_mode'], cropFraction, source),
      resize: resizeMethod(inner['interpolation'] ?? 'bicubic', source),
      normalization: normalizationOf(inner['mean'], inner['std'], 255),
    },
    licence: licenceName(inner['license']),
    test:
      testSize?.length === 3
        ? {
            imageSize: [testSize[1]!, testSize[2]!],
            cropFraction: numberOf(inner['test_crop_pct']) ?? cropFraction,
          }
        : undefined,
  };
}

/** timm/data/transforms_factory.py: 'center' is a resized picture's middle; 'squash' of the whole picture stretches it. */
function timmCrop(mode: unknown, cropFraction: number, source: string): Partial<Preprocessing> {
  if (mode === undefined || mode === 'center') return { aspect: 'resizeCrop', cropFraction };
  if (mode === 'squash' && cropFraction === 1) return { aspect: 'stretch' };
  throw unsupported(source, `crops pictures by '${textOf(mode)}'`);
}

/** transformers/models/resnet/configuration_resnet.py. */
function transformersConfig(config: Json, source: string, processor: Json | undefined): HubConfig {
  const { hidden_act: activation = 'relu', downsample_in_first_stage: halvesFirst = false } = config;
  if (activation !== 'relu') throw unsupported(source, `activates by '${textOf(activation)}'`);
  if (halvesFirst !== false) throw unsupported(source, 'halves feature maps in the first stage');
  const labels = objectOf(config['id2label']);
  return {
    architecture: undefined,
    classes: undefined,
    channels: numberOf(config['num_channels']) ?? 3,
    stridesFirst: config['downsample_in_bottleneck'] === true,
    classNames: labels === undefined ? undefined : parseClassIndex(labels, source),
    preprocessing: processor === undefined ? {} : processorPreprocessing(processor, source),
    licence: undefined,
    test: undefined,
  };
}

/** transformers' image processors: ConvNext's, which its ResNets have, shares out `crop_pct`; others crop or stretch. */
function processorPreprocessing(processor: Json, source: string): Partial<Preprocessing> {
  const kind = textOf(processor['image_processor_type'] ?? processor['feature_extractor_type'] ?? '');
  const { do_rescale: rescales = true, do_normalize: normalizes = true } = processor;
  const divisor = rescales === false ? 1 : 1 / (numberOf(processor['rescale_factor']) ?? 1 / 255);
  const [mean, deviation] =
    normalizes === false ? [[0], [1]] : [processor['image_mean'], processor['image_std']];
  return {
    ...processorSize(processor, kind.startsWith('ConvNext')),
    resize: resizeMethod(PILLOW_FILTERS[numberOf(processor['resample']) ?? 2], source),
    normalization: normalizationOf(mean, deviation, divisor),
  };
}

/** Pillow's numbers of filters, as timm's names. */
const PILLOW_FILTERS: Readonly<Record<number, string>> = { 0: 'nearest', 2: 'bilinear', 3: 'bicubic' };

/** Edges from which on ConvNext's processor stretches: image_processing_convnext.py. */
const STRETCHED_EDGE = 384;

function processorSize(processor: Json, isConvNext: boolean): Partial<Preprocessing> {
  const size = objectOf(processor['size']);
  const edge = numberOf(size?.['shortest_edge'] ?? processor['size']);
  const [height, width] = [numberOf(size?.['height']), numberOf(size?.['width'])];
  const crop = objectOf(processor['crop_size']);
  const cropEdge = numberOf(crop?.['height'] ?? processor['crop_size']);
  if (edge !== undefined && isConvNext) {
    const cropFraction = numberOf(processor['crop_pct']) ?? 224 / 256;
    return {
      imageSize: [edge, edge],
      ...(edge < STRETCHED_EDGE ? { aspect: 'resizeCrop', cropFraction } : { aspect: 'stretch' }),
    };
  }
  if (edge !== undefined && cropEdge !== undefined && cropEdge <= edge) {
    return { imageSize: [cropEdge, cropEdge], aspect: 'resizeCrop', cropFraction: cropEdge / edge };
  }
  return height === undefined || width === undefined ? {} : { imageSize: [height, width], aspect: 'stretch' };
}

function resizeMethod(name: unknown, source: string): Preprocessing['resize'] {
  const methods: Readonly<Record<string, Preprocessing['resize']>> = {
    bilinear: 'antialias',
    bicubic: 'bicubic',
    lanczos: 'lanczos',
    hamming: 'hamming',
    box: 'box',
    nearest: 'nearest',
  };
  const method = typeof name === 'string' && Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method !== undefined) return method;
  throw unsupported(source, `resizes pictures by '${textOf(name)}'`);
}

/** ImageNet's where the configuration says nothing, as timm and transformers take it. */
function normalizationOf(mean: unknown, deviation: unknown, divisor: number): PixelNormalization {
  return {
    channelOrder: 'rgb',
    divisor,
    mean: perChannel(numbersOf(mean) ?? [0.485, 0.456, 0.406]),
    standardDeviation: perChannel(numbersOf(deviation) ?? [0.229, 0.224, 0.225]),
  };
}

const perChannel = ([first = 0, second = first, third = first]: readonly number[]) =>
  [first, second, third] as const;

/** Names in the order of the outputs: timm's labels, by what they are described as. */
function classNamesOf(
  labels: unknown,
  descriptions: Json | undefined,
  classes: number,
  source: string,
): string[] | undefined {
  if (typeof labels !== 'object' || labels === null || classes === 0) return undefined;
  const names = parseClassIndex(labels, source).map((label) => {
    const described = descriptions !== undefined && Object.hasOwn(descriptions, label);
    return described ? textOf(descriptions[label]) : label;
  });
  if (names.length === classes) return names;
  throw new ZooError(
    'invalid-file',
    `Expected ${classes} class names in ${source} but it has ${names.length}. Choose another model.`,
  );
}

function unsupported(source: string, what: string): ZooError {
  return new ZooError(
    'unsupported',
    `Expected a residual network of this package but ${source} ${what}. zoo models lists what is built here.`,
  );
}

const objectOf = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

const numbersOf = (value: unknown): number[] | undefined =>
  Array.isArray(value) && value.every((each) => typeof each === 'number') ? value : undefined;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
