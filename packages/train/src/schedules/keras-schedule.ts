import { cosineDecay, cosineDecayRestarts } from './cosine-decay';
import { exponentialDecay, inverseTimeDecay, piecewiseConstant, polynomialDecay } from './decays';
import { linearWarmup } from './linear-warmup';
import type { Schedule } from './schedule';

/** What a schedule's configuration holds, by Keras' names. */
type Config = Readonly<Record<string, unknown>>;

/**
 * The schedule that Keras configures as `{ class_name, config }`, or undefined for a class that ours lack.
 *
 * @throws ArgumentError for values that the schedule can't have.
 */
export function kerasSchedule(json: Config): Schedule | undefined {
  const { class_name: className, config } = json;
  const make = typeof className === 'string' ? SCHEDULES.get(className) : undefined;
  return typeof config === 'object' && config !== null ? make?.(config as Config) : undefined;
}

const SCHEDULES: ReadonlyMap<string, (config: Config) => Schedule> = new Map([
  ['ExponentialDecay', (config: Config) => exponentialDecay(decayOptions(config))],
  ['InverseTimeDecay', (config: Config) => inverseTimeDecay(decayOptions(config))],
  ['PiecewiseConstantDecay', ({ boundaries, values }: Config) => piecewise(boundaries, values)],
  ['PolynomialDecay', polynomial],
  ['CosineDecay', cosine],
  ['CosineDecayRestarts', restarts],
]);

function decayOptions(config: Config) {
  return {
    initial: config['initial_learning_rate'] as number,
    decaySteps: config['decay_steps'] as number,
    decayRate: config['decay_rate'] as number,
    staircase: config['staircase'] === true,
  };
}

function piecewise(boundaries: unknown, values: unknown): Schedule {
  return piecewiseConstant({ boundaries: boundaries as number[], values: values as number[] });
}

function polynomial(config: Config): Schedule {
  return polynomialDecay({
    initial: config['initial_learning_rate'] as number,
    decaySteps: config['decay_steps'] as number,
    final: config['end_learning_rate'] as number,
    power: config['power'] as number,
    cycle: config['cycle'] === true,
  });
}

/** With a warm-up Keras begins at `initial_learning_rate` and decays from `warmup_target`. */
function cosine(config: Config): Schedule {
  const initial = config['initial_learning_rate'] as number;
  const target = config['warmup_target'] as number | null | undefined;
  const warmupSteps = config['warmup_steps'] as number;
  const decay = cosineDecay({
    initial: target ?? initial,
    decaySteps: config['decay_steps'] as number,
    alpha: config['alpha'] as number,
  });
  return target == null ? decay : linearWarmup(decay, { warmupSteps, initial });
}

function restarts(config: Config): Schedule {
  return cosineDecayRestarts({
    initial: config['initial_learning_rate'] as number,
    firstDecaySteps: config['first_decay_steps'] as number,
    periodFactor: config['t_mul'] as number,
    peakFactor: config['m_mul'] as number,
    alpha: config['alpha'] as number,
  });
}
