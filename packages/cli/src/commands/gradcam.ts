import { basename, extname, join } from 'node:path';

import { drawHeat, explain, type Classifier, type Explanation, type NetworkOptions } from '@zoo/classify';
import { printable, ZooError } from '@zoo/core';
import { encodePng } from '@zoo/data/node';
import { writeFileAtomically } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { noteLine, printJson, printLine, type CommandIo } from '../command-io';
import { flag } from '../flags';
import { openClassifier } from '../models/open-classifier';
import { picturePaths, type PicturePath } from '../models/picture-paths';
import type { PictureReadingOptions } from '../models/picture-reading';
import { modelAndPictures } from '../models/shipped-model';
import { formatShare } from '../output/format-number';
import { expectWritableFolder } from '../output/writable-folder';
import { withEngine, type EngineOptions } from '../start-engine';

import { addReadingOptions, examples, PLACES_ARGUMENT, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo gradcam`. */
export function defineGradcam(command: Command, io: CommandIo): void {
  command
    .description(
      'Draws where pictures speak for a class (Grad-CAM): the picture under a heat map, and the heat map alone, as PNG.',
    )
    .usage('[options] [model] <pictures...>')
    .argument('<places...>', PLACES_ARGUMENT)
    .addOption(
      new Option('--class <name>', 'class to explain, by name or number (default: the most probable)'),
    )
    .addOption(
      new Option(
        '--layer <name>',
        'layer or stage (stage3) whose feature map is weighed (default: the last with a feature map)',
      ),
    )
    .addOption(
      flag('--opacity <share>', 'how much of the picture the colours hide', {
        type: 'number',
        minimum: 0,
        maximum: 1,
        default: 0.5,
      }),
    )
    .addOption(new Option('--output <folder>', 'folder for the drawings').default('gradcam'))
    .addOption(SHARED_OPTIONS.json());
  addReadingOptions(command)
    .addHelpText(
      'after',
      examples(
        'zoo gradcam fireman.jpg',
        'zoo gradcam runs/pictures holiday.jpg --class chef',
        'zoo gradcam resnet50.tv_in1k photos --layer stage3 --output drawings',
      ),
    )
    .action(async (places: string[], options: Omit<GradcamOptions, 'model' | 'pictures'>) =>
      gradcam({ ...options, ...(await modelAndPictures(command, places, io)) }, io),
    );
}

/** Options of `zoo gradcam`. */
export interface GradcamOptions
  extends PictureReadingOptions, Omit<NetworkOptions, 'imageSize'>, EngineOptions {
  model: string;
  pictures: string[];
  class?: string;
  layer?: string;
  opacity?: number;
  output: string;
  json?: boolean;
}

/** What became of a picture. */
interface Drawn {
  readonly picture: string;
  readonly className: string;
  readonly probability: number;
  /** The picture under its heat map. */
  readonly overlay: string;
  readonly heatMap: string;
}

/**
 * Explains pictures one after the other and writes two drawings of each.
 *
 * @throws ZooError `invalid-file` at the end if some could not be read; the others are drawn by then.
 */
export async function gradcam(options: GradcamOptions, io: CommandIo): Promise<void> {
  await expectWritableFolder('--output', options.output);
  await withEngine({ ...options, purpose: 'infer' }, io, async () => {
    const classifier = await openClassifier(options.model, options, io);
    try {
      await drawAll(classifier, options, io);
    } finally {
      classifier.dispose();
    }
  });
}

async function drawAll(classifier: Classifier, options: GradcamOptions, io: CommandIo): Promise<void> {
  const names = new Set<string>();
  const drawn: Drawn[] = [];
  const failures: unknown[] = [];
  const pictures: PicturePath[] = [];
  for await (const each of picturePaths(options.pictures, io.stdin)) pictures.push(each);
  for (const found of pictures) {
    try {
      if ('error' in found) throw found.error;
      const explanation = await explain(
        classifier,
        found.content ?? found.path,
        explainOptions(options, classifier),
      );
      const files = await writeDrawings(explanation, freeName(found.path, names), options);
      const { className, probability } = explanation;
      drawn.push({ picture: found.path, className, probability, ...files });
      if (options.json !== true)
        printLine(
          io,
          `${printable(found.path)}  ${printable(className)} ${formatShare(probability)}  ${files.overlay}`,
        );
      if (explanation.heat.every((value) => value === 0))
        noteLine(io, `${found.path}: nothing in the picture speaks for ${className}; its heat map is black.`);
    } catch (error) {
      // What is wrong with the command is wrong for every picture.
      if (!(error instanceof ZooError) || error.code === 'invalid-argument') throw error;
      failures.push(error);
      if (pictures.length > 1) noteLine(io, error.message);
    }
  }
  if (options.json === true) printJson(io, drawn);
  if (failures.length === 0) return;
  if (pictures.length === 1) throw failures[0];
  throw new ZooError(
    'invalid-file',
    `${failures.length} of ${pictures.length} pictures could not be read; they are named above.`,
  );
}

function explainOptions({ class: wanted, layer }: GradcamOptions, { classNames }: Classifier) {
  const isNumber = wanted !== undefined && /^\d+$/.test(wanted) && !classNames.includes(wanted);
  return {
    ...(wanted !== undefined && (isNumber ? { label: Number(wanted) } : { className: wanted })),
    ...(layer !== undefined && { layerName: layer }),
  };
}

async function writeDrawings(
  explanation: Explanation,
  name: string,
  { output, opacity }: GradcamOptions,
): Promise<Pick<Drawn, 'overlay' | 'heatMap'>> {
  const files = {
    overlay: join(output, `${name}.gradcam.png`),
    heatMap: join(output, `${name}.heat.png`),
  };
  await writeFileAtomically(
    files.overlay,
    await encodePng(drawHeat(explanation, opacity === undefined ? {} : { opacity })),
  );
  await writeFileAtomically(files.heatMap, await encodePng(drawHeat(explanation, { opacity: 1 })));
  return files;
}

/** A picture's name without its ending, and with a number where another picture has it already. */
function freeName(path: string, taken: Set<string>): string {
  const file = basename(/^https?:/i.test(path) ? new URL(path).pathname : path);
  const stem = file.slice(0, file.length - extname(file).length) || 'picture';
  let name = stem;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${stem}-${number}`;
  taken.add(name.toLowerCase());
  return name;
}
