import { expectNumber } from './arguments';
import { ArgumentError } from './errors';
import type { HeadKind } from './model-metadata';
import { readOptions, type AnyRow, type OptionsOf, type OptionTable } from './option-table';

/** {@link AverageOptions}, as data. */
export const AVERAGE_OPTIONS = {
  /**
   * What is averaged. The mean of logits gives the normalised geometric mean of the probabilities: an answer that one network rules out is
   * ruled out. Default `probabilities`.
   */
  average: { type: 'choice', choices: ['probabilities', 'logits'], default: 'probabilities' },
  /** How much each answer counts, in their order. Default: all the same. */
  weights: {
    type: 'any',
    expected: 'a list of positive numbers',
    check: (argument, value) => {
      if (!Array.isArray(value)) throw new ArgumentError(argument, 'a list of positive numbers', value);
      return value.map((weight, index) =>
        expectNumber(`${argument}[${index}]`, weight, { minimum: 0, exclusiveMinimum: true }),
      );
    },
  } as AnyRow<readonly number[]>,
} as const satisfies OptionTable;

/** Options of {@link averageProbabilities}. */
export interface AverageOptions extends OptionsOf<typeof AVERAGE_OPTIONS> {}

/** What an ensemble needs to know about each network: the kind of its head and its class names. */
export interface EnsembleAnswers {
  readonly kind: HeadKind;
  readonly classNames: readonly string[];
}

/**
 * Checks that networks can answer together: there is one at least, and all have the same classes in the same order and the same kind of head.
 *
 * @param argument The caller's name for the list of networks.
 * @param places Where, behind `argument[index]`, an entry has its head and its classes: `.model`, `.source.classNames`.
 * @throws ArgumentError for no network, or for the first whose head or classes differ from those of the first.
 */
export function expectSameAnswers(
  argument: string,
  members: readonly EnsembleAnswers[],
  places: { readonly head: string; readonly classNames: string },
): void {
  const [first] = members;
  if (first === undefined) throw new ArgumentError(argument, 'at least one', members);
  for (const [index, { kind, classNames }] of members.entries()) {
    if (kind !== first.kind) {
      throw new ArgumentError(
        `${argument}[${index}]${places.head}`,
        `a ${first.kind} head as the first's`,
        kind,
      );
    }
    if (classNames.join('\n') !== first.classNames.join('\n')) {
      throw new ArgumentError(
        `${argument}[${index}]${places.classNames}`,
        `the classes of the first in their order, ${first.classNames.join(', ')},`,
        classNames,
      );
    }
  }
}

/** As `logitsOfProbabilities` takes what a float32 has rounded to 0 or 1 a little within. */
const [SMALLEST, LARGEST] = [1e-30, 1 - 2 ** -24];

/**
 * The answer of several networks together to the same pictures: the mean of their probabilities, or of their logits.
 *
 * @param kind The kind of the networks' heads. A binary head gives both classes' probabilities.
 * @param answers One per network. [size * classes] each
 * @returns [size * classes]
 * @throws ArgumentError for no answers, or answers or weights of other numbers.
 */
export function averageProbabilities(
  kind: HeadKind,
  answers: readonly Float32Array[],
  classes: number,
  options: AverageOptions = {},
): Float32Array<ArrayBuffer> {
  const { average, weights = answers.map(() => 1) } = readOptions(AVERAGE_OPTIONS, options);
  const [first] = answers;
  if (first === undefined) throw new ArgumentError('answers', 'the answers of at least one network', answers);
  if (weights.length !== answers.length) {
    throw new ArgumentError('options.weights', `${answers.length} weights, one per network`, weights);
  }
  const other = answers.find(({ length }) => length !== first.length);
  if (other !== undefined)
    throw new ArgumentError('answers', `lists of ${first.length} numbers`, other.length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (place: number, of: (probability: number) => number): number =>
    answers.reduce((sum, answer, index) => sum + weights[index]! * of(answer[place]!), 0) / total;
  if (average === 'probabilities') return Float32Array.from(first, (_, place) => mean(place, Number));
  if (kind === 'multiLabel') {
    return Float32Array.from(first, (_, place) => 1 / (1 + Math.exp(-mean(place, logOdds))));
  }
  return normalized(
    Float64Array.from(first, (_, place) => Math.exp(mean(place, logarithm))),
    classes,
  );
}

const within = (probability: number): number => Math.min(Math.max(probability, SMALLEST), LARGEST);
const logarithm = (probability: number): number => Math.log(within(probability));
const logOdds = (probability: number): number => logarithm(probability) - Math.log1p(-within(probability));

/** Each row of `classes` values divided by its sum. */
function normalized(values: Float64Array, classes: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += classes) {
    const row = values.subarray(start, start + classes);
    const sum = row.reduce((before, value) => before + value, 0);
    row.forEach((value, index) => (result[start + index] = value / sum));
  }
  return result;
}
