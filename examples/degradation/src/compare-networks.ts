import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Callback } from '@zoo/train';
import { writeFileAtomically } from '@zoo/weights/node';

import { errorFigure } from './figure';
import { NETWORKS } from './networks';
import { openPictures } from './pictures';
import type { Recipe } from './recipe';
import { trainNetwork, type ErrorCurves } from './train-network';

/** Options of {@link compareNetworks}. */
export interface CompareOptions {
  /** CIFAR-10, as {@link openPictures} reads it. */
  readonly directory: string;
  readonly recipe: Recipe;
  readonly seed: number;
  /** Where each network's run and the figure are written; runs that are there are continued. */
  readonly output: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
  /** Default: a progress bar. */
  readonly callbacks?: readonly Callback[];
}

/** Trains every network, one after the other; after each one the figure is drawn anew. */
export async function compareNetworks(options: CompareOptions): Promise<ErrorCurves[]> {
  const { directory, recipe, seed, output, print } = options;
  const pictures = await openPictures(directory, recipe, seed);
  await mkdir(output, { recursive: true });
  const figure = join(output, 'errors.svg');
  const finished: ErrorCurves[] = [];
  for (const network of NETWORKS) {
    const curves = await trainNetwork(network, { ...options, ...pictures });
    finished.push(curves);
    print(lastErrors(curves));
    await writeFileAtomically(figure, errorFigure(finished));
  }
  print(`The curves: ${figure}`);
  return finished;
}

function lastErrors({ name, training, test, durationMs }: ErrorCurves): string {
  const percent = (errors: readonly number[]) => `${(100 * errors.at(-1)!).toFixed(1).padStart(5)} %`;
  const minutes = (durationMs / 60_000).toFixed(1).padStart(6);
  return `${name.padEnd(12)} error in training ${percent(training)}   in test ${percent(test)}   ${minutes} minutes`;
}
