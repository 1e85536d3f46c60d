import { evalTransform } from '@zoo/data';
import { imageBatches } from '@zoo/data/node';
import { predictEnsemble, type EnsembleMember, type PredictOptions } from '@zoo/train';

import type { MeasuredNetwork } from './network';
import type { ValidationSet } from './validation-set';

/** How a picture is seen. */
export interface Views extends Pick<PredictOptions, 'horizontalFlip' | 'crops' | 'scales'> {
  /** The middle of so many pixels a side is taken out of the picture first; without, what the network reads. */
  readonly imageSize?: number;
}

/** The views by name. */
export const VIEWS = {
  /** The middle of the picture, as the network's metadata say. */
  one: {},
  /** Corners and middle of 256 x 256 pixels, and their mirror images (Krizhevsky et al. 2012, section 4.1). */
  ten: { imageSize: 256, crops: 'five', horizontalFlip: true },
  /** The whole picture at five sizes, and its mirror image, fully convolutional (He et al. 2016, section 4.1). */
  multi: { imageSize: 640, scales: [224, 256, 384, 480, 640], horizontalFlip: true },
} as const satisfies Readonly<Record<string, Views>>;

/** Options of {@link evaluateNetworks}. */
export interface EvaluateOptions {
  readonly views: Views;
  readonly batchSize: number;
  readonly signal: AbortSignal;
  /** Called after every {@link CHUNK} pictures. */
  readonly onProgress?: (done: number) => void;
}

/** How often a network, or all together, were right. */
export interface Score {
  readonly name: string;
  /** Share of pictures whose class is the most probable one. */
  readonly top1: number;
  /** Share of pictures whose class is among the five most probable ones. */
  readonly top5: number;
}

/** Pictures that all networks see before the next ones come: probabilities of so many are kept. */
const CHUNK = 512;

/** Measures networks on the same pictures, and, where there are several, the mean of their probabilities. */
export async function evaluateNetworks(
  set: ValidationSet,
  networks: readonly MeasuredNetwork[],
  { views, batchSize, signal, onProgress }: EvaluateOptions,
): Promise<Score[]> {
  const { imageSize, ...seen } = views;
  const counters = networks.map(({ name }) => counterOf(name));
  const ensemble = counterOf(`${networks.length} networks together`);
  for (let start = 0; start < set.examples.length; start += CHUNK) {
    const part = { ...set, examples: set.examples.slice(start, start + CHUNK) };
    const members: EnsembleMember[] = [];
    for (const { model } of networks) {
      const source = await imageBatches(part, {
        ...evalTransform(model),
        ...(imageSize !== undefined && { imageSize, cropFraction: 1 }),
        batchSize,
      });
      members.push({ model, source });
    }
    const scores = await predictEnsemble(members, { ...seen, signal });
    scores.forEach(({ probabilities, members: alone }, place) => {
      const { label } = part.examples[place]!;
      ensemble.count(probabilities, label);
      alone.forEach((own, index) => counters[index]!.count(own, label));
    });
    onProgress?.(start + part.examples.length);
  }
  return [...counters, ...(networks.length > 1 ? [ensemble] : [])].map((counter) => counter.score());
}

function counterOf(name: string) {
  let pictures = 0;
  let first = 0;
  let firstFive = 0;
  return {
    count: (probabilities: ArrayLike<number>, label: number): void => {
      const own = probabilities[label]!;
      const higher = Array.from(probabilities).filter((probability) => probability > own).length;
      pictures += 1;
      first += higher < 1 ? 1 : 0;
      firstFive += higher < 5 ? 1 : 0;
    },
    score: (): Score => ({ name, top1: first / pictures, top5: firstFive / pictures }),
  };
}
