import { existsSync } from 'node:fs';

import type * as tf from '@tensorflow/tfjs';
import { createResnet, resnetNames, type VariantName } from '@zoo/resnet';

import { printJson, printLine, type CommandIo } from '../command-io';
import { openModel } from '../models/open-model';
import type { ImageSizeOption } from '../option-values';
import { formatCount } from '../output/format-number';
import { formatTable } from '../output/format-table';

/** Options of `zoo summary`. */
export interface SummaryOptions {
  model: string;
  variant?: VariantName;
  classes?: number;
  imageSize?: ImageSizeOption;
  layers?: boolean;
  json?: boolean;
}

/** Shows what a model is made of. */
export async function summarize(options: SummaryOptions, io: CommandIo): Promise<void> {
  const model = await findModel(options);
  try {
    const rows = model.layers.map(describeLayer);
    if (options.json === true)
      printJson(io, { name: model.name, parameters: model.countParams(), layers: rows });
    else printRows(rows, model, options.layers === true, io);
  } finally {
    model.dispose();
  }
}

/** The network of that name, or the saved model at that path. */
async function findModel({ model, variant, classes, imageSize }: SummaryOptions): Promise<tf.LayersModel> {
  const isName = resnetNames().includes(model) || (!existsSync(model) && !/[./\\]/.test(model));
  if (!isName) return openModel(model);
  return createResnet(model, {
    kernelInitializer: 'zeros',
    ...(variant !== undefined && { variant }),
    ...(classes !== undefined && { classes }),
    ...(imageSize !== undefined && { inputShape: [...imageSize, 3] as const }),
  });
}

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
}

function describeLayer(layer: tf.layers.Layer): Row {
  return {
    name: layer.name,
    kind: layer.getClassName(),
    outputShape: (layer.outputShape as (number | null)[]).slice(1),
    parameters: layer.countParams(),
  };
}

/** Consecutive layers of one stage, `conv2_block1_1_conv` and `conv2_block1_out`, as one row. */
function byStage(rows: readonly Row[]): Row[] {
  const stages: Row[] = [];
  for (const row of rows) {
    const name = row.name.split('_')[0]!;
    const last = stages.at(-1);
    if (last?.name === name) {
      stages[stages.length - 1] = {
        ...row,
        name,
        kind: last.kind,
        parameters: last.parameters + row.parameters,
      };
    } else stages.push({ ...row, name });
  }
  return stages;
}

function printRows(
  rows: readonly Row[],
  { name, trainableWeights }: tf.LayersModel,
  layers: boolean,
  io: CommandIo,
): void {
  const cells = (layers ? rows : byStage(rows)).map((row) => [
    row.name,
    ...(layers ? [row.kind] : []),
    row.outputShape.map((size) => size ?? '?').join(' x '),
    formatCount(row.parameters),
  ]);
  const heading = [layers ? 'layer' : 'stage', ...(layers ? ['kind'] : []), 'output', 'parameters'];
  for (const line of formatTable(
    [heading, ...cells],
    layers ? ['left', 'left', 'left', 'right'] : ['left', 'left', 'right'],
  )) {
    printLine(io, line);
  }
  const trainable = trainableWeights.reduce(
    (sum, { shape }) => sum + shape.reduce<number>((a, b) => a * (b ?? 1), 1),
    0,
  );
  printLine(io);
  printLine(
    io,
    `${name}: ${formatCount(rows.reduce((sum, row) => sum + row.parameters, 0))} parameters, ${formatCount(trainable)} of them trainable`,
  );
}
