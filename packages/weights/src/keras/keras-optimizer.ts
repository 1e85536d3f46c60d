import { ZooError } from '@zoo/core';

import { isJsonObject, type JsonObject } from '../architecture/json-object';
import { invalidFile } from '../source/byte-source';
import type { HostTensor } from '../tensor-data';

import type { KerasFile } from './keras-file';

/** The classes that are read and written. */
export const KERAS_OPTIMIZERS = ['SGD', 'Adam', 'AdamW', 'RMSprop'] as const;

/** What a Keras optimizer is set to; what is absent has Keras' own default. */
export interface KerasOptimizerSettings {
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Of RMSprop. */
  readonly rho?: number;
  /** Of RMSprop. */
  readonly centered?: boolean;
  /** True for RMSprop without momentum of a Keras before 2.11 or of `optimizers.legacy`: it adds `epsilon` outside the root. */
  readonly legacyEpsilon?: boolean;
  readonly amsgrad?: boolean;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly globalClipNorm?: number;
}

/** A Keras optimizer without its state. */
export interface KerasOptimizerSetup {
  /** Keras' name of the class. */
  readonly className: (typeof KERAS_OPTIMIZERS)[number];
  /**
   * A number, or a schedule as Keras configures it, which is kept as it is. The `decay` of Keras before 2.11 is the schedule
   * `InverseTimeDecay` that does the same.
   */
  readonly learningRate: number | Readonly<Record<string, unknown>>;
  readonly settings: KerasOptimizerSettings;
}

/** A Keras optimizer with its state: data on the host, no tensors. */
export interface KerasOptimizer extends KerasOptimizerSetup {
  /** Updates made so far. */
  readonly iterations: number;
  /**
   * State by slot and weight, `momentum/conv1/kernel`: `momentum` of SGD, where it has one; `momentum` and `velocity` of Adam and
   * AdamW, and `velocityHat` with `amsgrad`; `velocity` of RMSprop, `momentum` where it has one and `averageGradient` with
   * `centered`. Empty before the first update.
   */
  readonly slots: ReadonlyMap<string, HostTensor>;
}

/** What Keras calls the settings. */
const KEYS: readonly (readonly [keyof KerasOptimizerSettings, string])[] = [
  ['momentum', 'momentum'],
  ['nesterov', 'nesterov'],
  ['beta1', 'beta_1'],
  ['beta2', 'beta_2'],
  ['epsilon', 'epsilon'],
  ['rho', 'rho'],
  ['centered', 'centered'],
  ['amsgrad', 'amsgrad'],
  ['weightDecay', 'weight_decay'],
  ['clipNorm', 'clipnorm'],
  ['clipValue', 'clipvalue'],
  ['globalClipNorm', 'global_clipnorm'],
];

/** Settings that change the layout of the state or what an update does, and have no place in {@link KerasOptimizerSettings}. */
const REFUSED = ['use_ema', 'gradient_accumulation_steps', 'loss_scale_factor', 'schedule_decay'];

/** Settings that are true or false. */
const FLAGS: ReadonlySet<keyof KerasOptimizerSettings> = new Set(['nesterov', 'amsgrad', 'centered']);

/** Names of an optimizer's slots, in Keras' order. */
export function slotNames({ className, settings }: KerasOptimizerSetup): string[] {
  const momentum = (settings.momentum ?? 0) === 0 ? [] : ['momentum'];
  if (className === 'SGD') return momentum;
  if (className === 'RMSprop') {
    return ['velocity', ...momentum, ...(settings.centered === true ? ['averageGradient'] : [])];
  }
  return ['momentum', 'velocity', ...(settings.amsgrad === true ? ['velocityHat'] : [])];
}

/** True if all weights of a slot lie together in every version of Keras; Adam has had all slots of a weight together since 2.11. */
export function liesSlotBySlot({ className }: KerasOptimizerSetup): boolean {
  return className === 'RMSprop';
}

/** The optimizer that a file says its model was compiled with; undefined if it says none. */
export function parseOptimizer(file: KerasFile): KerasOptimizerSetup | undefined {
  const training = isJsonObject(file.trainingConfig) ? file.trainingConfig : {};
  const json = training['optimizer_config'] ?? training['optimizer'];
  if (!isJsonObject(json)) return undefined;
  const config: JsonObject = isJsonObject(json['config']) ? json['config'] : {};
  // Keras 2.11 to 2.13 wrote its own classes as custom ones.
  const name = String(json['class_name']).replace(/^Custom>/, '');
  const className = KERAS_OPTIMIZERS.find((each) => each.toLowerCase() === name.toLowerCase());
  const refused = REFUSED.filter((key) => Boolean(config[key]));
  if (className === undefined || refused.length > 0) {
    const received = className === undefined ? name : `${name} with ${refused.join(', ')}`;
    throw new ZooError(
      'unsupported',
      `Expected the optimizer ${KERAS_OPTIMIZERS.join(', ')} in ${file.name} but it holds ${received}. Load the model alone.`,
    );
  }
  const rate = config['learning_rate'] ?? config['lr'];
  if (!isFiniteNumber(rate) && !isJsonObject(rate)) {
    throw invalidFile(file.name, 'has an optimizer without a learning rate');
  }
  const settings = parseSettings(config, file.name);
  const isLegacy = isLegacyOptimizer(file, json, config);
  const hasLegacyEpsilon = className === 'RMSprop' && isLegacy && (settings.momentum ?? 0) === 0;
  return {
    className,
    learningRate: withDecay(rate, config['decay'] ?? 0, file.name),
    settings: { ...settings, ...(hasLegacyEpsilon && { legacyEpsilon: true }) },
  };
}

/** True for the rules of Keras before 2.11, which later Keras 2 kept as `optimizers.legacy`. */
function isLegacyOptimizer({ kerasVersion }: KerasFile, json: JsonObject, config: JsonObject): boolean {
  const major = Number.parseInt(kerasVersion, 10) || 0;
  const isNewClass = String(json['class_name']).startsWith('Custom>');
  return major < 3 && !isNewClass && config['is_legacy_optimizer'] !== false;
}

/** `decay` of Keras before 2.11 divides the rate by `1 + decay * updates`: a schedule that Keras has under a name. */
function withDecay(
  rate: number | JsonObject,
  decay: unknown,
  fileName: string,
): KerasOptimizerSetup['learningRate'] {
  if (decay === 0) return rate;
  if (!isFiniteNumber(decay) || decay < 0) {
    throw invalidFile(fileName, 'has an optimizer whose decay is no number of at least 0');
  }
  if (!isFiniteNumber(rate)) {
    throw new ZooError(
      'unsupported',
      `Expected either a schedule or decay but the optimizer in ${fileName} has both. Load the model alone.`,
    );
  }
  return {
    class_name: 'InverseTimeDecay',
    config: { initial_learning_rate: rate, decay_steps: 1, decay_rate: decay, staircase: false },
  };
}

function parseSettings(config: JsonObject, fileName: string): KerasOptimizerSettings {
  const settings: Record<string, number | boolean> = {};
  for (const [key, kerasKey] of KEYS) {
    const value = config[kerasKey];
    if (value === null || value === undefined) continue;
    const isFlag = FLAGS.has(key);
    if (isFlag ? typeof value !== 'boolean' : !isFiniteNumber(value)) {
      throw invalidFile(
        fileName,
        `has an optimizer whose ${kerasKey} is no ${isFlag ? 'boolean' : 'number'}`,
      );
    }
    settings[key] = value as number | boolean;
  }
  return settings;
}

/** JSON in which Python reads rates as the floats that Keras insists on: `1` would be an integer. */
export function floatingJson(json: unknown): string {
  return JSON.stringify(json).replace(
    /("(?:learning_rate|momentum|initial_learning_rate|decay_rate)":-?\d+)(?=[,}])/g,
    '$1.0',
  );
}

/** Class and configuration as Keras 2.11 and later write and read them. */
export function optimizerConfig({ className, learningRate, settings }: KerasOptimizerSetup) {
  const set = KEYS.filter(([key]) => settings[key] !== undefined);
  return {
    class_name: className,
    config: {
      learning_rate: learningRate,
      ...Object.fromEntries(set.map(([key, kerasKey]) => [kerasKey, settings[key]])),
    },
  };
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
