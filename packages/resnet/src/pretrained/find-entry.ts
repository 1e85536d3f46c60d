import { ArgumentError, nearestName } from '@zoo/core';

import type { PretrainedResNetOptions } from '../builder/options';

import { type PretrainedEntry, pretrainedEntries } from './catalogue';

const WITHOUT_TOP = '_notop';

/**
 * The entry that `options.weights` mean for the network called `architecture`: of two files, with and without a classifier, the one that
 * `includeTop` wants.
 *
 * @throws ArgumentError if there is none: its words name the nearest, or all there are.
 */
export function findEntry(architecture: string, options: PretrainedResNetOptions): PretrainedEntry {
  const { weights, variant, includeTop = true } = options;
  if (isEntry(weights)) return expectEntry(weights, architecture, options);
  const entries = pretrainedEntries().filter((entry) => entry.architecture === architecture);
  const named = entries.filter(({ name }) => weights === 'imagenet' || isCalled(name, weights));
  if (named.length === 0) throw unknownWeights(architecture, weights, entries);
  const fitting = named.filter((entry) => variant === undefined || entry.variant === variant);
  const found =
    fitting.find((entry) => entry.includeTop === includeTop) ??
    fitting.find((entry) => entry.includeTop) ??
    fitting[0];
  return expectEntry(found ?? named[0]!, architecture, options);
}

/** Names, tags and, for the pair of files with and without a classifier, what both begin with. */
function isCalled(name: string, weights: string): boolean {
  const tag = name.slice(name.indexOf('.') + 1);
  return [name, tag].some((each) => each === weights || each === weights + WITHOUT_TOP);
}

/** Callers without types may give anything. */
function isEntry(weights: unknown): weights is PretrainedEntry {
  return typeof weights === 'object' && weights !== null && 'architecture' in weights && 'hash' in weights;
}

function unknownWeights(
  architecture: string,
  weights: unknown,
  entries: readonly PretrainedEntry[],
): ArgumentError {
  const elsewhere = pretrainedEntries().find(({ name }) => name === weights);
  const known = ['imagenet', ...entries.map(({ name }) => name)];
  const nearest = nearestName(String(weights), known);
  let advice = `Published for ${architecture}: ${known.join(', ')}.`;
  if (entries.length === 0) advice = `Nothing is published for ${architecture}: give a file, or train it.`;
  else if (elsewhere !== undefined) advice = `Those belong to ${elsewhere.architecture}. ${advice}`;
  else if (nearest !== undefined) advice = `Did you mean '${nearest}'?`;
  return new ArgumentError(
    'weights',
    "null (random initialization), 'imagenet' (pre-training on ImageNet), the name of published weights or the path to the " +
      'weights file to be loaded',
    weights,
    advice,
  );
}

/** What changes the network that the weights were made for. */
const SETTLED = ['shortcut', 'stem', 'strideIn', 'squeezeReduction'] as const;

function expectEntry(
  entry: PretrainedEntry,
  architecture: string,
  options: PretrainedResNetOptions,
): PretrainedEntry {
  const { variant = entry.variant, includeTop = true } = options;
  if (entry.architecture !== architecture) {
    throw new ArgumentError('weights', `weights of ${architecture}`, entry.name);
  }
  if (variant !== entry.variant) {
    throw new ArgumentError('variant', `'${entry.variant}', what ${entry.name} was made for,`, variant);
  }
  if (includeTop && !entry.includeTop) {
    throw new ArgumentError('includeTop', `false for ${entry.name}, which holds no classifier,`, includeTop);
  }
  const changed = SETTLED.find((name) => options[name] !== undefined);
  if (changed === undefined) return entry;
  const expected = `nothing beside \`weights\`, which settle it,`;
  throw new ArgumentError(
    changed,
    expected,
    options[changed],
    'Leave it out, or begin with `weights: null`.',
  );
}
