import { ArgumentError, nearestName } from '@zoo/core';
import { describeHubModel, resnetNames, type HubDescription } from '@zoo/resnet';
import { publishedWeights, type PublishedWeights } from '@zoo/resnet/published';
import { Option, type Command } from 'commander';

import { type CommandIo, printJson, printLine } from '../command-io';
import { flag } from '../flags';
import { PARAMETER_COUNTS } from '../models/parameter-counts';
import { formatBillions, formatCount } from '../output/format-number';
import { formatTable } from '../output/format-table';

import { examples, SHARED_OPTIONS } from './shared-options';

const SORTS = ['name', 'parameters', 'multiply-adds', 'top1'] as const;

/** Declares `zoo models`. */
export function defineModels(command: Command, io: CommandIo): void {
  command
    .description(
      'Lists the names that --model takes, with their parameters, and the weights that are published for them; or says what the Hub does of some.',
    )
    .argument('[models...]', 'models of the Hugging Face Hub to ask about: hf:timm/resnet50.a1_in1k')
    .addOption(new Option('--family <name>', 'only these networks: resnet, resnetv2, seresnext'))
    .addOption(
      flag('--max-parameters <count>', 'only networks of at most so many parameters', {
        type: 'integer',
        minimum: 1,
      }),
    )
    .addOption(
      flag(
        '--max-multiply-adds <count>',
        'only weights whose network takes at most so many for a picture, 5e9, and their networks',
        { type: 'number', minimum: 1 },
      ),
    )
    .addOption(
      flag(
        '--min-top1 <percent>',
        'only weights that name so many of ImageNet’s pictures rightly, and their networks',
        {
          type: 'number',
          minimum: 0,
          maximum: 100,
        },
      ),
    )
    .addOption(
      new Option(
        '--sort <column>',
        'the order of both lists: the best accuracy first, or the fewest parameters or multiply-adds',
      ).choices([...SORTS]),
    )
    .addOption(SHARED_OPTIONS.json())
    .addHelpText(
      'after',
      examples(
        'zoo models',
        'zoo models --max-parameters 30000000 --min-top1 80 --sort top1',
        'zoo models --max-multiply-adds 2e9 --sort top1',
        'zoo models hf:microsoft/resnet-50',
      ),
    )
    .action((names: string[], options: ModelsOptions) =>
      names.length === 0 ? listModels(options, io) : describeModels(names, options, io),
    );
}

/** Options of `zoo models`. */
export interface ModelsOptions {
  json?: boolean;
  family?: string;
  maxParameters?: number;
  maxMultiplyAdds?: number;
  minTop1?: number;
  sort?: (typeof SORTS)[number];
}

interface ListedNetwork {
  readonly name: string;
  readonly parameters: number;
  readonly weights: readonly PublishedWeights[];
}

/** Lists the networks of the family with their parameters, and the weights that are published for them. */
export function listModels(options: ModelsOptions, io: CommandIo): void {
  const networks = listedNetworks(options);
  if (options.json) {
    printJson(
      io,
      networks.map(({ weights, ...network }) => ({ ...network, weights: weights.map(describe) })),
    );
    return;
  }
  printTable(
    [['name', 'parameters'], ...networks.map(({ name, parameters }) => [name, formatCount(parameters)])],
    ['left', 'right'],
    io,
  );
  printLine(io);
  const weights = sorted(
    networks.flatMap(({ parameters, weights }) => weights.map((each) => ({ ...each, parameters }))),
    options.sort,
    ({ accuracy, multiplyAdds }) => ({ top1: accuracy?.top1, multiplyAdds }),
  );
  const rows = weights.map((each) => [
    // An address is long: JSON has it.
    /^https?:/.test(each.source) ? each.name : each.source,
    formatCount(each.parameters),
    formatBillions(each.multiplyAdds),
    each.imageSize[0].toString(),
    each.accuracy === undefined ? '–' : `${each.accuracy.top1.toFixed(1)} %`,
    each.test?.accuracy === undefined
      ? ''
      : `${each.test.accuracy.top1.toFixed(1)} % at ${each.test.imageSize[0]}`,
    each.classes === undefined ? 'features' : formatCount(each.classes),
    each.licence,
  ]);
  const head = [
    'published weights',
    'parameters',
    'multiply-adds',
    'pixels',
    'ImageNet top-1',
    'and larger',
    'classes',
    'licence',
  ];
  printTable([head, ...rows], ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'], io);
}

/** What the Hub says of each of `names`, without its weights. */
export async function describeModels(
  names: readonly string[],
  { json = false, ...filters }: ModelsOptions,
  io: CommandIo,
): Promise<void> {
  const [filter] = Object.keys(filters);
  if (filter !== undefined) {
    throw new ArgumentError('<models>', `none beside a filter or an order (\`${filter}\`)`, names[0]);
  }
  const stranger = names.find((name) => !name.startsWith('hf:'));
  if (stranger !== undefined) {
    const advice = 'Write hf:user/repository. zoo summary shows what other models are made of.';
    throw new ArgumentError('<models>', 'a model of the Hugging Face Hub', stranger, advice);
  }
  const described: HubDescription[] = [];
  for (const name of names) described.push(await describeHubModel(name));
  if (json) {
    printJson(io, described);
    return;
  }
  const rows = described.map(({ name, architecture, preprocessing, test, classes, licence }) => [
    name,
    architecture ?? 'by its weights',
    preprocessing?.imageSize?.[0].toString() ?? '–',
    test?.imageSize[0].toString() ?? '',
    classes === undefined ? '–' : formatCount(classes),
    licence ?? 'not stated',
  ]);
  const head = ['model of the Hub', 'network', 'pixels', 'and larger', 'classes', 'licence'];
  printTable([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'left'], io);
}

function listedNetworks({
  family,
  maxParameters = Infinity,
  maxMultiplyAdds = Infinity,
  minTop1,
  sort,
}: ModelsOptions): ListedNetwork[] {
  const names = resnetNames();
  const families = new Set(names.map(familyOf));
  if (family !== undefined && !families.has(family)) {
    const nearest = nearestName(family, families);
    const advice =
      nearest === undefined ? `Known: ${[...families].join(', ')}.` : `Did you mean '${nearest}'?`;
    throw new ArgumentError('--family', 'the name of a family of networks', family, advice);
  }
  const published = publishedWeights().filter(
    ({ accuracy, multiplyAdds }) =>
      (minTop1 === undefined || (accuracy?.top1 ?? 0) >= minTop1) && multiplyAdds <= maxMultiplyAdds,
  );
  const networks = names
    .map((name) => ({
      name,
      parameters: PARAMETER_COUNTS[name]!,
      weights: published.filter(({ architecture }) => architecture === name),
    }))
    .filter(
      ({ name, parameters, weights }) =>
        (family === undefined || familyOf(name) === family) &&
        parameters <= maxParameters &&
        ((minTop1 === undefined && maxMultiplyAdds === Infinity) || weights.length > 0),
    );
  return sorted(networks, sort, ({ weights }) => ({
    top1: Math.max(...weights.map(({ accuracy }) => accuracy?.top1 ?? -Infinity)),
    multiplyAdds: Math.min(...weights.map(({ multiplyAdds }) => multiplyAdds)),
  }));
}

/** `resnetv2` for `resnetv2_50d`, `seresnext` for `seresnext101_32x4d`: a name up to its depth. */
const familyOf = (name: string): string => /^(?:\D+v2(?=_)|\D+?(?=_?\d|$))/.exec(name)![0];

function sorted<Each extends { readonly name: string; readonly parameters: number }>(
  list: readonly Each[],
  sort: ModelsOptions['sort'],
  figures: (each: Each) => { readonly top1: number | undefined; readonly multiplyAdds: number },
): Each[] {
  if (sort === undefined) return [...list];
  const orders: Record<(typeof SORTS)[number], (left: Each, right: Each) => number> = {
    name: (left, right) => left.name.localeCompare(right.name, 'en', { numeric: true }),
    parameters: (left, right) => left.parameters - right.parameters,
    // An unknown figure is infinite, and the difference of two infinities is NaN.
    'multiply-adds': (left, right) =>
      Math.min(figures(left).multiplyAdds, Number.MAX_VALUE) -
      Math.min(figures(right).multiplyAdds, Number.MAX_VALUE),
    top1: (left, right) => (figures(right).top1 ?? 0) - (figures(left).top1 ?? 0),
  };
  return [...list].sort(orders[sort]);
}

function describe({
  imageSize,
  accuracy,
  test,
  normalization,
  cropFraction,
  classes,
  ...rest
}: PublishedWeights) {
  return {
    ...rest,
    classes: classes ?? null,
    imageSize: imageSize[0],
    cropFraction: cropFraction ?? null,
    normalization,
    top1: accuracy?.top1 ?? null,
    top5: accuracy?.top5 ?? null,
    test: test ?? null,
  };
}

function printTable(rows: string[][], alignments: ('left' | 'right')[], io: CommandIo): void {
  for (const line of formatTable(rows, alignments)) printLine(io, line);
}
