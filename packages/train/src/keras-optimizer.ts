import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, ZooError } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';
import { type HostTensor, type KerasOptimizer, type KerasOptimizerSettings } from '@zoo/weights';

import type { TrainingRun } from './callbacks';
import type { FitOptions, GradientClipping } from './fit-options';
import type { HostTensors } from './host-tensors';
import { adam, adamW, rmsProp, sgd, type Optimizer } from './optimizers';
import { asSchedule, kerasSchedule, type Schedule } from './schedules';
import { runWeights } from './training/run-weights';

/** Our slots and Keras', by our optimizer's name. */
const SLOTS = {
  sgd: [['velocity', 'momentum']],
  adam: [
    ['firstMoment', 'momentum'],
    ['secondMoment', 'velocity'],
  ],
  rmsProp: [
    ['secondMoment', 'velocity'],
    ['velocity', 'momentum'],
    ['firstMoment', 'averageGradient'],
  ],
} as const;

/** Our rule of each class of Keras'. */
const RULES = { SGD: 'sgd', Adam: 'adam', AdamW: 'adam', RMSprop: 'rmsProp' } as const;

/** Keras' default for AdamW, which its files always spell out. */
const KERAS_ADAM_W_DECAY = 0.004;

/**
 * Returns the options with which `fit` continues where Keras stopped: spread them into its options. The next update equals Keras' up to
 * rounding.
 *
 * Keras' SGD momentum includes the learning rate. It is divided out here, so that later changes of the rate act at once. Keras' weight
 * decay acts on all weights, and so does the one returned.
 *
 * @param model The model that the optimizer was loaded for.
 * @param learningRate The rate or schedule to continue with. Default: Keras' rate or schedule; required if the file has a custom schedule.
 * @throws ZooError 'unsupported' for `amsgrad`, for clipping of each gradient's norm and for decoupled weight decay of SGD and RMSprop,
 *   which our rules lack; ArgumentError without a rate, or with one of 0 where there is momentum.
 *
 * @example
 * const model = await loadKerasModel('run.keras');
 * const optimizer = await loadKerasOptimizer(model, 'run.keras');
 * await fit(model, { train, epochs: 5, ...fromKerasOptimizer(model, optimizer) });
 */
export function fromKerasOptimizer(
  model: tfl.LayersModel,
  keras: KerasOptimizer,
  learningRate?: number | Schedule,
): Pick<FitOptions, 'optimizer' | 'optimizerState' | 'clipGradients'> {
  const rate = learningRate ?? rateOfKeras(keras.learningRate);
  if (!isRate(rate)) {
    throw new ArgumentError('learningRate', "a number or schedule in place of Keras' schedule", learningRate);
  }
  const { className, settings, iterations: step } = keras;
  const optimizer = optimizerOf(className, settings, rate);
  const clipGradients = clippingOf(settings);
  const nextRate = asSchedule(rate)(step);
  if (className === 'SGD' && keras.slots.size > 0 && nextRate === 0) {
    throw new ArgumentError('learningRate', "a rate above 0, which Keras' momentum is divided by,", nextRate);
  }
  const scale = className === 'SGD' ? -1 / nextRate : 1;
  const slots = translate(keras.slots, scale, SLOTS[RULES[className]], 1);
  return { optimizer, optimizerState: { step, slots }, ...(clipGradients && { clipGradients }) };
}

const TO_KERAS_OPTIMIZER_OPTIONS = {
  /** Leave out weight decay that Keras' optimizer can't do; there it is to be done by regularizers or `exclude_from_weight_decay`. Default false. */
  omitWeightDecay: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link toKerasOptimizer}. */
export interface ToKerasOptimizerOptions extends OptionsOf<typeof TO_KERAS_OPTIMIZER_OPTIONS> {}

/**
 * Converts a run's optimizer and its state to Keras' form, for `saveKeras` and the other savers: the reverse of {@link fromKerasOptimizer}.
 *
 * Call it from a callback. It does not include what `fit` does around the optimizer: clipping, accumulation, averages, and the schedule, of
 * which Keras gets only the next rate. Adam's `epsilon` has the same meaning in Keras only with `epsilonHat`.
 *
 * @throws ZooError 'unsupported' for an optimizer that is not ours, and for weight decay that Keras' optimizer can't do: L2 in SGD (Keras
 *   has it in the layers' regularizers), or decay that spares weights (Keras' files don't say which).
 *
 * @example
 * const saveForKeras = {
 *   name: 'saveForKeras',
 *   onTrainEnd: async (run) => saveKeras(run.model, 'run.keras', { optimizer: await toKerasOptimizer(run) }),
 * };
 */
export async function toKerasOptimizer(
  run: TrainingRun,
  options: ToKerasOptimizerOptions = {},
): Promise<KerasOptimizer> {
  const { omitWeightDecay: omits } = readOptions(TO_KERAS_OPTIMIZER_OPTIONS, options);
  const { model, optimizer, learningRate } = run;
  const rule = optimizer.name === 'adamW' ? 'adam' : optimizer.name;
  if (rule !== 'sgd' && rule !== 'adam' && rule !== 'rmsProp') {
    throw new ZooError(
      'unsupported',
      `Expected sgd, adam, adamW or rmsProp but the run has '${optimizer.name}'. Save the model without its optimizer.`,
    );
  }
  expectEpsilonOfKeras(optimizer);
  if (!omits) expectDecayOfKeras(model, optimizer);
  const { step, optimizer: slots } = await run.captureState();
  const { weightDecay } = optimizer.settings;
  const decays = !omits && Number(weightDecay ?? 0) !== 0;
  const settings = SETTINGS[rule].map((key) => [key, optimizer.settings[key]] as const);
  return {
    className: rule === 'sgd' ? 'SGD' : rule === 'rmsProp' ? 'RMSprop' : decays ? 'AdamW' : 'Adam',
    learningRate,
    settings: { ...Object.fromEntries(settings), ...(decays && { weightDecay }) } as KerasOptimizerSettings,
    iterations: step,
    slots: translate(slots, rule === 'sgd' ? -learningRate : 1, SLOTS[rule], 0),
  };
}

/** Settings of our rules that Keras has under the same names. */
const SETTINGS = {
  sgd: ['momentum', 'nesterov'],
  adam: ['beta1', 'beta2', 'epsilon'],
  rmsProp: ['rho', 'momentum', 'epsilon', 'centered'],
} as const;

/** PyTorch's RMSprop adds epsilon outside the root, and Keras 3's can't. */
function expectEpsilonOfKeras({ name, settings }: Optimizer): void {
  if (name !== 'rmsProp' || settings['epsilonInRoot'] === true) return;
  throw new ZooError(
    'unsupported',
    'Expected rmsProp as Keras computes it but its epsilon is outside the root. Train with `epsilonInRoot: true`.',
  );
}

/** Keras' rate, or its schedule as ours. */
function rateOfKeras(rate: KerasOptimizer['learningRate']): unknown {
  return typeof rate === 'number' ? rate : (kerasSchedule(rate) ?? rate);
}

function optimizerOf(
  className: KerasOptimizer['className'],
  settings: KerasOptimizerSettings,
  learningRate: number | Schedule,
): Optimizer {
  const { momentum = 0, nesterov = false, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = settings;
  const { weightDecay = className === 'AdamW' ? KERAS_ADAM_W_DECAY : 0 } = settings;
  if (className === 'SGD') {
    if (weightDecay !== 0) throw unsupported("SGD's decoupled weight decay");
    return sgd({ learningRate, momentum, nesterov: nesterov && momentum !== 0 });
  }
  if (className === 'RMSprop') {
    if (weightDecay !== 0) throw unsupported("RMSprop's decoupled weight decay");
    const { rho = 0.9, centered = false, legacyEpsilon = false } = settings;
    return rmsProp({ learningRate, rho, momentum, epsilon, centered, epsilonInRoot: !legacyEpsilon });
  }
  if (settings.amsgrad === true) throw unsupported('amsgrad');
  const options = { learningRate, beta1, beta2, epsilon, epsilonHat: true };
  return weightDecay === 0
    ? adam(options)
    : adamW({ ...options, weightDecay, weightDecayFilter: () => true });
}

function isRate(rate: unknown): rate is number | Schedule {
  return typeof rate === 'number' || typeof rate === 'function';
}

function clippingOf({ clipNorm, clipValue, globalClipNorm }: KerasOptimizerSettings) {
  if (clipNorm !== undefined) throw unsupported("clipping of each gradient's norm (clipnorm)");
  const clipping: GradientClipping = {
    ...(globalClipNorm !== undefined && { globalNorm: globalClipNorm }),
    ...(clipValue !== undefined && { value: clipValue }),
  };
  return Object.keys(clipping).length === 0 ? undefined : clipping;
}

function expectDecayOfKeras(model: tfl.LayersModel, { name, settings, weightDecayFilter }: Optimizer): void {
  if (Number(settings['weightDecay'] ?? 0) === 0) return;
  const sparesNone = runWeights(model).every(
    ({ name: weight, trainable, variable: { shape } }) =>
      !trainable || weightDecayFilter?.({ name: weight, shape }) === true,
  );
  if (name === 'adamW' && sparesNone) return;
  throw new ZooError(
    'unsupported',
    `Expected weight decay that Keras' optimizer does but ${name === 'adamW' ? "adamW's spares some weights" : `${name}'s is L2`}. ` +
      'Pass `omitWeightDecay: true` and set it up in Keras, by regularizers or exclude_from_weight_decay.',
  );
}

function unsupported(what: string): ZooError {
  return new ZooError(
    'unsupported',
    `Expected an optimizer whose rule ours has but Keras' has ${what}. Begin with a new optimizer.`,
  );
}

/** Slots under the other side's names, multiplied by `scale` where it is not 1. `from` is the side of the pairs that named them. */
function translate(
  slots: HostTensors,
  scale: number,
  pairs: readonly (readonly [ours: string, theirs: string])[],
  from: 0 | 1,
): HostTensors {
  const result = new Map<string, HostTensor>();
  for (const [key, { shape, values }] of slots) {
    const slash = key.indexOf('/');
    const [slot, weight] = [key.slice(0, slash), key.slice(slash + 1)];
    const pair = pairs.find((each) => each[from] === slot);
    // An unknown name stays: the receiver of the state reports it.
    const name = `${pair?.[from === 0 ? 1 : 0] ?? slot}/${weight}`;
    result.set(name, { shape, values: scale === 1 ? values : values.map((value) => value * scale) });
  }
  return result;
}
