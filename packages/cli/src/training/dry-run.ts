import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { augmentationSheet, readImageFile } from '@zoo/data/node';
import { writeFileAtomically } from '@zoo/weights/node';

import { printLine, type CommandIo } from '../command-io';
import { asciiCurve } from '../output/curve';
import { formatCount } from '../output/format-number';

import { augmentations } from './augmentations';
import { CURVE_LABELS, learningRateCurve } from './learning-rate-curve';
import { openSources, type PreparedRun } from './run-training';
import { trainConfigText } from './train-config';
import { OUTPUT_FILES } from './train-settings';

/** Pictures of the batch that are drawn, at most. */
const DRAWN = 32;

/** Prints what a run would be, and draws its first batch on a page: everything but the training. */
export async function describeRun(run: PreparedRun, io: CommandIo): Promise<void> {
  const { model, settings, output } = run;
  const { train } = await openSources(run);
  const { steps, points } = learningRateCurve(settings, train.batchesPerEpoch);
  printLine(io, trainConfigText(settings));
  const trained = model.trainableWeights.reduce(
    (sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]),
    0,
  );
  printLine(
    io,
    `network   ${settings.model}, ${model.layers.length} layers, ${formatCount(model.countParams())} parameters, ` +
      `${formatCount(trained)} of them trained`,
  );
  printLine(
    io,
    `steps     ${formatCount(steps)}: ${formatCount(settings.epochs)} epochs of ${formatCount(steps / settings.epochs)}`,
  );
  for (const line of asciiCurve(points, CURVE_LABELS)) printLine(io, line);
  for await (const { images, labels, sources } of train.batches({ epoch: 0 })) {
    tf.dispose([images, labels]);
    const drawn = sources.slice(0, DRAWN);
    const pictures = await Promise.all(drawn.map((path) => readImageFile(path)));
    const row = { name: `--augment ${settings.augment}`, augment: augmentations(settings) };
    const page = join(output, OUTPUT_FILES.dryRun);
    await writeFileAtomically(
      page,
      await augmentationSheet(pictures, [row], {
        title: `The first batch of ${settings.folder}`,
        imageSize: settings.imageSize,
        draws: drawn.length,
        seed: settings.seed,
      }),
    );
    printLine(io, `batch     ${page}`);
    break;
  }
}
