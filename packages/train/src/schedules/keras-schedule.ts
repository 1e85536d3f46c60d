import { cosineDecay, cosineDecayRestarts } from './cosine-decay';
import { exponentialDecay, inverseTimeDecay, piecewiseConstant, polynomialDecay } from './decays';
import { linearWarmup } from './linear-warmup';
import type { Schedule } from './schedule';

/** What a schedule's configuration holds, by Keras' names. */
type Config = Readonly<Record<string, unknown>>;

/**
 * The schedule of Keras' configuration `{ class_name, config }`, or undefined for a class without an equivalent.
 *
 * @throws ArgumentError for values that the schedule can't have.
 */
export function kerasSchedule({ class_name: className, config }: Config): Schedule | undefined {
  if (typeof config !== 'object' || config === null) return undefined;
  if (className === 'CosineDecay') return cosine(config as Config);
  const make = SCHEDULES.get(className);
  return make?.(translated(config as Config));
}

/** Ours of each class; they check the values themselves. */
const SCHEDULES: ReadonlyMap<unknown, (options: never) => Schedule> = new Map<
  unknown,
  (options: never) => Schedule
>([
  ['ExponentialDecay', exponentialDecay],
  ['InverseTimeDecay', inverseTimeDecay],
  ['PiecewiseConstantDecay', piecewiseConstant],
  ['PolynomialDecay', polynomialDecay],
  ['CosineDecayRestarts', cosineDecayRestarts],
]);

/** The option of ours that each entry of a configuration is. */
const OPTIONS: Readonly<Record<string, string>> = {
  initial_learning_rate: 'initial',
  end_learning_rate: 'final',
  decay_steps: 'decaySteps',
  decay_rate: 'decayRate',
  first_decay_steps: 'firstDecaySteps',
  t_mul: 'periodFactor',
  m_mul: 'peakFactor',
  staircase: 'staircase',
  power: 'power',
  cycle: 'cycle',
  alpha: 'alpha',
  boundaries: 'boundaries',
  values: 'values',
};

/** A configuration as options of ours; what stands for none, such as `name`, is left out. */
function translated(config: Config): never {
  const options = Object.entries(config).filter(([name]) => Object.hasOwn(OPTIONS, name));
  return Object.fromEntries(options.map(([name, value]) => [OPTIONS[name]!, value])) as never;
}

/** With a warm-up Keras begins at `initial_learning_rate` and decays from `warmup_target`. */
function cosine({ warmup_target: target, warmup_steps: warmupSteps, ...config }: Config): Schedule {
  if (target === null || target === undefined) return cosineDecay(translated(config));
  const initial = config['initial_learning_rate'] as number;
  const decay = cosineDecay(translated({ ...config, initial_learning_rate: target }));
  return linearWarmup(decay, { warmupSteps: warmupSteps as number, initial });
}
