import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, DEFAULT_PREPROCESSING, modelMetadata, type Preprocessing, ZooError } from '@zoo/core';
import { torchTensors, writeSafetensors, type WritableTensor } from '@zoo/weights';

import { identifyModel } from '../identify/identify-model';
import type { NetworkIdentity } from '../identify/identity';

import { isTimmV2, timmModuleName, timmNetworkName } from './timm-names';

/** What a card says of a model beside what the model itself does. */
export interface CardText {
  readonly title: string | undefined;
  readonly description: string | undefined;
  readonly license: string | undefined;
  /** Names and shares from 0 to 1, or other numbers. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Files of a model's folder, by name. */
export type HubFolder = Readonly<
  Record<'config.json' | 'model.safetensors' | 'README.md', string | Uint8Array>
>;

/**
 * The files that timm reads a model from: its schema of `config.json`, its names of weights, and a card.
 *
 * @throws ZooError 'unsupported' for a network, or a way to read pictures, that timm does not have; ArgumentError for a model that does not
 *   say how bytes become its inputs.
 */
export async function hubFolder(model: tfl.LayersModel, card: CardText): Promise<HubFolder> {
  const identity = identifyModel(model);
  const network = expectTimms(identity, model);
  const config = timmConfig(model, identity, network, card.license);
  return {
    'config.json': `${JSON.stringify(config, undefined, 2)}\n`,
    'model.safetensors': writeSafetensors(await timmTensors(model, network), { format: 'pt' }),
    'README.md': cardOf(model, network, card),
  };
}

function expectTimms(
  { architecture, options, ambiguities }: NetworkIdentity,
  model: tfl.LayersModel,
): string {
  const network = ambiguities.length === 0 ? timmNetworkName(architecture, options) : undefined;
  if (network !== undefined) return network;
  const built = JSON.stringify({ ...options, ...(ambiguities[0] && { unsettled: ambiguities[0].option }) });
  throw new ZooError(
    'unsupported',
    `Expected a network that timm has but ${model.name} is ${architecture} with ${built}. Train one with \`variant: 'torchvision'\` and \`stem: 'imagenet'\`, or one of timm's.`,
  );
}

async function timmTensors(
  model: tfl.LayersModel,
  network: string,
): Promise<Iterable<readonly [string, WritableTensor]>> {
  const layers = new Set(model.layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name));
  const tensors = await torchTensors(model, (name) => timmModuleName(name, network, layers));
  if (!isTimmV2(network)) return tensors;
  return [...tensors].map(([name, tensor]) => [
    name,
    name === 'head.fc.weight' ? { ...tensor, shape: [...tensor.shape, 1, 1] } : tensor,
  ]);
}

function timmConfig(
  model: tfl.LayersModel,
  { classes = 0, channels }: NetworkIdentity,
  network: string,
  license: string | undefined,
): object {
  const { classNames, preprocessing: told } = modelMetadata(model) ?? {};
  const normalization = told?.normalization;
  if (normalization === undefined) {
    throw new ArgumentError(
      'model',
      'one that says how bytes become its inputs',
      model.name,
      'Write it into the model: `updateModelMetadata(model, { preprocessing: { normalization } })`.',
    );
  }
  const { channelOrder, divisor, mean, standardDeviation } = normalization;
  if (channelOrder === 'bgr')
    throw unsupported(model, 'reads blue, green and red, where timm reads red first');
  const preprocessing = { ...DEFAULT_PREPROCESSING, ...told };
  const [, height, width] = model.inputs[0]!.shape;
  const [toldHeight, toldWidth] = told?.imageSize ?? [224, 224];
  // timm scales bytes to 0 to 1 first.
  const ofOne = (values: readonly number[]): number[] =>
    values.slice(0, channels).map((value) => (value * divisor) / 255);
  return {
    architecture: network,
    num_classes: classes,
    ...(classes > 0 && classNames?.length === classes && { label_names: classNames }),
    ...(channels !== 3 && { model_args: { in_chans: channels } }),
    pretrained_cfg: {
      tag: 'zoo',
      custom_load: false,
      input_size: [channels, height ?? toldHeight, width ?? toldWidth],
      fixed_input_size: false,
      interpolation: INTERPOLATIONS[preprocessing.resize],
      ...cropOf(model, preprocessing),
      mean: ofOne(mean),
      std: ofOne(standardDeviation),
      num_classes: classes,
      pool_size: [Math.ceil((height ?? toldHeight) / 32), Math.ceil((width ?? toldWidth) / 32)],
      first_conv: firstConvolution(model, network),
      classifier: timmModuleName('predictions', network, new Set()),
      ...(license !== undefined && { license }),
    },
  };
}

/** timm has no filters that look at four pixels or at areas, whatever the size: Pillow's bilinear one is the nearest. */
const INTERPOLATIONS: Readonly<Record<Preprocessing['resize'], string>> = {
  antialias: 'bilinear',
  bicubic: 'bicubic',
  nearest: 'nearest',
  bilinear: 'bilinear',
  area: 'bilinear',
  lanczos: 'lanczos',
  hamming: 'hamming',
  box: 'box',
};

function cropOf(
  model: tfl.LayersModel,
  { aspect, cropFraction }: Pick<Preprocessing, 'aspect' | 'cropFraction'>,
): object {
  if (aspect === 'stretch') return { crop_mode: 'squash', crop_pct: 1 };
  if (aspect === 'pad') throw unsupported(model, 'pads its pictures');
  return { crop_mode: 'center', crop_pct: aspect === 'crop' ? 1 : cropFraction };
}

function unsupported(model: tfl.LayersModel, what: string): ZooError {
  return new ZooError(
    'unsupported',
    `Expected a model that timm can use but ${model.name} ${what}. Save it in another format, such as safetensors.`,
  );
}

function firstConvolution(model: tfl.LayersModel, network: string): string {
  const layers = new Set(model.layers.map(({ name }) => name));
  return timmModuleName(layers.has('conv1_1_conv') ? 'conv1_1_conv' : 'conv1_conv', network, layers);
}

/** A card as the Hub shows it: what it filters by stands in the YAML before it. */
function cardOf(model: tfl.LayersModel, network: string, card: CardText): string {
  const { title = model.name, description, license, metrics } = card;
  const classNames = modelMetadata(model)?.classNames ?? [];
  const rows = Object.entries(metrics).map(
    ([name, value]) => `| ${name} | ${Number(value.toPrecision(6))} |`,
  );
  const parts = [
    [
      '---',
      'library_name: timm',
      'pipeline_tag: image-classification',
      ...(license ? [`license: ${JSON.stringify(license)}`] : []),
      'tags:',
      '- image-classification',
      '- timm',
      '---',
    ].join('\n'),
    `# ${line(title)}`,
    ...(description === undefined ? [] : [description]),
    `A ${network} of timm's, ${model.countParams().toLocaleString('en')} parameters, trained with TensorFlow.js by the zoo.`,
    ...(rows.length === 0 ? [] : [['| metric | value |', '| --- | ---: |', ...rows].join('\n')]),
    ...(classNames.length === 0 ? [] : [`Classes: ${classNames.map(line).join(', ')}.`]),
    [
      '```python',
      'import timm',
      '',
      "model = timm.create_model('hf-hub:USER/REPOSITORY', pretrained=True).eval()",
      '```',
    ].join('\n'),
    [
      '```ts',
      "import { pretrained } from '@zoo/resnet';",
      '',
      "const model = await pretrained('hf:USER/REPOSITORY');",
      '```',
    ].join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A name on one line: names of classes come from folders and files. */
const line = (text: string): string => text.replace(/\s+/g, ' ');
