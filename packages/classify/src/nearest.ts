import { ArgumentError, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

const NEAREST_OPTIONS = {
  /** How many are kept. Default 5. */
  count: { type: 'integer', minimum: 1, default: 5 },
} as const satisfies OptionTable;

/** Options of {@link nearestTo}. */
export interface NearestOptions extends OptionsOf<typeof NEAREST_OPTIONS> {}

/** An item and the cosine between its features and the given ones, from -1 to 1. */
export interface Neighbor<Item> {
  readonly item: Item;
  readonly similarity: number;
}

/** Keeps the nearest of all items that it is shown. */
export interface Nearest<Item> {
  /** The cosine of `features`, which are of length 1, to those that were asked about. */
  show(item: Item, features: Float32Array): number;
  /** The nearest so far, the nearest first; of equal ones the first shown. */
  readonly neighbors: readonly Neighbor<Item>[];
}

/**
 * Finds the items that are nearest to `features` (of length 1, as `pictureFeatures` gives them) among items that are shown one by one.
 *
 * @throws ArgumentError for features of another length: another network's.
 */
export function nearestTo<Item>(features: Float32Array, options: NearestOptions = {}): Nearest<Item> {
  const { count } = readOptions(NEAREST_OPTIONS, options);
  const neighbors: Neighbor<Item>[] = [];
  return {
    neighbors,
    show: (item, others) => {
      if (others.length !== features.length)
        throw new ArgumentError('features', `${features.length} numbers`, others.length);
      let similarity = 0;
      for (let at = 0; at < features.length; at++) similarity += features[at]! * others[at]!;
      const nearer = neighbors.filter((each) => each.similarity >= similarity).length;
      neighbors.splice(nearer, 0, { item, similarity });
      neighbors.length = Math.min(neighbors.length, count);
      return similarity;
    },
  };
}

/** How sharply nearer neighbors outvote farther ones. */
const TEMPERATURE = 0.07;

/**
 * The classes of neighbors by their votes, the most probable first: each votes with exp(similarity / 0.07), as in Wu et al. 2018
 * ("Unsupervised feature learning via non-parametric instance discrimination", section 3.4).
 *
 * @returns Shares of all votes, which sum to 1; none of no neighbors.
 */
export function neighborVotes(
  neighbors: readonly { readonly className: string; readonly similarity: number }[],
): { className: string; probability: number }[] {
  const votes = new Map<string, number>();
  for (const { className, similarity } of neighbors) {
    // At most e^0, so that a vote is never out of range.
    const vote = Math.exp((similarity - 1) / TEMPERATURE);
    votes.set(className, (votes.get(className) ?? 0) + vote);
  }
  const sum = [...votes.values()].reduce((total, vote) => total + vote, 0);
  return [...votes]
    .map(([className, vote]) => ({ className, probability: vote / sum }))
    .sort((left, right) => right.probability - left.probability);
}
