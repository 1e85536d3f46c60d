import { ZooError } from '@zoo/core';

import { isJsonObject, type JsonObject } from '../architecture/json-object';
import { invalidFile } from '../source/byte-source';
import type { HostTensor } from '../tensor-data';

import type { KerasFile } from './keras-file';

const CLASSES = ['SGD', 'Adam', 'AdamW'] as const;

/** What a Keras optimizer is set to; what is absent has Keras' own default. */
export interface KerasOptimizerSettings {
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly amsgrad?: boolean;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly globalClipNorm?: number;
}

/** A Keras optimizer without its state. */
export interface KerasOptimizerSetup {
  /** Keras' name of the class. */
  readonly className: (typeof CLASSES)[number];
  /** A number, or a schedule as Keras configures it, which is kept as it is. */
  readonly learningRate: number | Readonly<Record<string, unknown>>;
  readonly settings: KerasOptimizerSettings;
}

/** A Keras optimizer with its state: data on the host, no tensors. */
export interface KerasOptimizer extends KerasOptimizerSetup {
  /** Updates made so far. */
  readonly iterations: number;
  /**
   * State by slot and weight, `momentum/conv1/kernel`: `momentum` of SGD, where it has one; `momentum` and `velocity` of Adam and
   * AdamW, and `velocityHat` with `amsgrad`. Empty before the first update.
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
  ['amsgrad', 'amsgrad'],
  ['weightDecay', 'weight_decay'],
  ['clipNorm', 'clipnorm'],
  ['clipValue', 'clipvalue'],
  ['globalClipNorm', 'global_clipnorm'],
];

/** Settings that change the layout of the state or what an update does, and have no place in {@link KerasOptimizerSettings}. */
const REFUSED = ['use_ema', 'gradient_accumulation_steps', 'loss_scale_factor', 'decay', 'schedule_decay'];

/** Names of an optimizer's slots, in Keras' order. */
export function slotNames({ className, settings }: KerasOptimizerSetup): string[] {
  if (className === 'SGD') return (settings.momentum ?? 0) === 0 ? [] : ['momentum'];
  return ['momentum', 'velocity', ...(settings.amsgrad === true ? ['velocityHat'] : [])];
}

/** The optimizer that a file says its model was compiled with; undefined if it says none. */
export function parseOptimizer(file: KerasFile): KerasOptimizerSetup | undefined {
  const training = isJsonObject(file.trainingConfig) ? file.trainingConfig : {};
  const json = training['optimizer_config'] ?? training['optimizer'];
  if (!isJsonObject(json)) return undefined;
  const config: JsonObject = isJsonObject(json['config']) ? json['config'] : {};
  // Keras 2.11 to 2.13 wrote its own classes as custom ones.
  const name = String(json['class_name']).replace(/^Custom>/, '');
  const className = CLASSES.find((each) => each.toLowerCase() === name.toLowerCase());
  const refused = REFUSED.filter((key) => Boolean(config[key]));
  if (className === undefined || refused.length > 0) {
    const received = className === undefined ? name : `${name} with ${refused.join(', ')}`;
    throw new ZooError(
      'unsupported',
      `Expected the optimizer ${CLASSES.join(', ')} in ${file.name} but it holds ${received}. Load the model alone.`,
    );
  }
  const learningRate = config['learning_rate'] ?? config['lr'];
  if (!isFiniteNumber(learningRate) && !isJsonObject(learningRate)) {
    throw invalidFile(file.name, 'has an optimizer without a learning rate');
  }
  return { className, learningRate, settings: parseSettings(config, file.name) };
}

function parseSettings(config: JsonObject, fileName: string): KerasOptimizerSettings {
  const settings: Record<string, number | boolean> = {};
  for (const [key, kerasKey] of KEYS) {
    const value = config[kerasKey];
    if (value === null || value === undefined) continue;
    const isFlag = key === 'nesterov' || key === 'amsgrad';
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
  return JSON.stringify(json).replace(/("(?:learning_rate|momentum)":-?\d+)(?=[,}])/g, '$1.0');
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
