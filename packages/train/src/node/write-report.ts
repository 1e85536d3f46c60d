import { stat } from 'node:fs/promises';

import {
  readOptions,
  type AnyRow,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';
import { readRegularFile, writeFileAtomically } from '@zoo/weights/node';

import { mostWrong, type Prediction } from '../metrics/evaluate';
import type { PicturedPrediction } from '../report/most-wrong-section';
import { renderReport, REPORT_CONTENT } from '../report/render-report';

import { environment } from './environment';

const REPORT_OPTIONS = {
  ...REPORT_CONTENT,
  /** How many of each data set's most wrong pictures to show. Default 24. */
  mostWrongCount: { type: 'integer', minimum: 0, default: 24 },
  /**
   * The encoded picture (JPEG, PNG, GIF or WebP) of a prediction's `source`, or undefined if there is none. Default: the file of
   * that path, if it has at most 2 MB.
   */
  readPicture: { type: 'any' } as AnyRow<(source: string) => Promise<Uint8Array | undefined>>,
  /**
   * An encoded picture of where a wrong prediction's picture speaks for the class that was predicted, shown below it; undefined where that is
   * not known. Default: none.
   */
  explainPicture: { type: 'any' } as AnyRow<(prediction: Prediction) => Promise<Uint8Array | undefined>>,
  /** What else to say of the environment, as the zoo's version, beside machine, Node.js and TensorFlow.js. Default nothing. */
  environment: { type: 'any', default: {} } as AnyRowWithDefault<Readonly<Record<string, string>>>,
} as const satisfies OptionTable;

/** Options of {@link writeReport}. */
export interface ReportOptions extends OptionsOf<typeof REPORT_OPTIONS> {}

const LARGEST_PICTURE_BYTES = 2_000_000;

/**
 * Writes one self-contained HTML file: curves, times, figures, confusion matrices, calibration, the most wrong pictures, settings and
 * environment.
 *
 * The file is written completely or not at all; the card of a picture that can't be read says so.
 */
export async function writeReport(path: string, options: ReportOptions): Promise<void> {
  const settled = readOptions(REPORT_OPTIONS, options);
  const { evaluations, mostWrongCount, readPicture = readPictureFile, explainPicture } = settled;
  const wrong: PicturedPrediction[][] = [];
  for (const { evaluation } of evaluations) {
    const shown = mostWrong(evaluation.predictions, mostWrongCount);
    const pictured: PicturedPrediction[] = [];
    for (const prediction of shown) {
      const [picture, heat] = [await readPicture(prediction.source), await explainPicture?.(prediction)];
      pictured.push({ prediction, picture: dataUrl(picture), heat: dataUrl(heat) });
    }
    wrong.push(pictured);
  }
  await writeFileAtomically(path, renderReport(settled, wrong, { ...settled.environment, ...environment() }));
}

async function readPictureFile(path: string): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path);
    return size <= LARGEST_PICTURE_BYTES ? await readRegularFile(path) : undefined;
  } catch {
    // A source need not be a file's path.
    return undefined;
  }
}

/** How pictures begin, by media type. */
const SIGNATURES: readonly (readonly [mediaType: string, start: string])[] = [
  ['image/png', '89504e47'],
  ['image/jpeg', 'ffd8ff'],
  ['image/gif', '47494638'],
  ['image/webp', '52494646'],
];

function dataUrl(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const start = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  const mediaType = SIGNATURES.find(([, signature]) => start.startsWith(signature))?.[0];
  if (mediaType === undefined) return undefined;
  return `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;
}
