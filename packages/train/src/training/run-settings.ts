import type * as tfl from '@tensorflow/tfjs-layers';
import { describeValue, fingerprintOf, ZooError, type BatchSource, type JsonValue } from '@zoo/core';

import type { Callback } from '../callbacks/callback';
import type { ClippingBounds } from '../fit-options';
import type { Optimizer } from '../optimizers';
import type { Schedule } from '../schedules';

import type { FreezingPlan } from './freezing-plan';
import type { RunWeight } from './run-weights';
import type { RunSettings } from './training-state';

/** What {@link describeRun} reads. */
export interface RunDescription {
  labelSmoothing: number;
  classWeights: readonly number[] | undefined;
  loss: string | undefined;
  focal: { gamma: number; alpha: number | undefined } | undefined;
  sampleWeights: ReadonlyMap<string, number> | undefined;
  /** Of each weight that is trained at some time. */
  rateFactors: readonly number[] | undefined;
  freezing: FreezingPlan | undefined;
  model: tfl.LayersModel;
  weights: readonly RunWeight[];
  train: BatchSource;
  validation: BatchSource | undefined;
  optimizer: Optimizer;
  schedule: Schedule;
  callbacks: readonly Callback[];
  epochs: number;
  initialEpoch: number;
  seed: number;
  accumulateSteps: number;
  averageWeights:
    | { decay: number | undefined; fromEpoch: number | undefined; batchNormBatches: number | undefined }
    | undefined;
  distillation: { teacher: tfl.LayersModel; temperature: number; share: number } | undefined;
  validationFrequency: number;
  clipping: ClippingBounds | undefined;
}

/** Settings as a checkpoint keeps them. */
export function describeRun(run: RunDescription): RunSettings {
  const { optimizer, labelSmoothing, classWeights = null, loss = null, focal, sampleWeights, clipping } = run;
  const trained = run.weights.filter(({ trainable }) => trainable).map(({ name }) => name);
  return {
    epochs: run.epochs,
    'model.layers': fingerprintOf(run.model.layers.map(describeLayer)),
    'model.trainable': fingerprintOf(trained),
    ...withPrefix('train', describeSource(run.train)),
    ...(run.validation && withPrefix('validation', describeSource(run.validation))),
    'optimizer.name': optimizer.name,
    ...withPrefix('optimizer', optimizer.settings),
    'optimizer.weightDecayFilter': fingerprintOf(decayed(run)),
    schedule: SAMPLED_STEPS.map((step) => sample(run.schedule, step)),
    labelSmoothing,
    classWeights,
    loss,
    focal: focal === undefined ? null : { gamma: focal.gamma, alpha: focal.alpha ?? null },
    sampleWeights: sampleWeights === undefined ? null : fingerprintOf([...sampleWeights].map(String).sort()),
    clipGradients: { ...clipping } as RunSettings,
    learningRateFactors:
      run.rateFactors === undefined ? null : fingerprintOf(run.rateFactors.map((factor) => `${factor}`)),
    freezing: run.freezing === undefined ? null : describeFreezing(run.freezing),
    accumulateSteps: run.accumulateSteps,
    averageWeights: describeAverages(run.averageWeights),
    distillation: run.distillation === undefined ? null : describeDistillation(run.distillation),
    validationFrequency: run.validationFrequency === 1 ? null : run.validationFrequency,
    initialEpoch: run.initialEpoch === 0 ? null : run.initialEpoch,
    seed: run.seed,
    ...Object.fromEntries(run.callbacks.flatMap((callback) => Object.entries(describeCallback(callback)))),
  };
}

/** The decay alone where there is one, as checkpoints have had it from the first. */
function describeAverages(averages: RunDescription['averageWeights']): JsonValue {
  if (averages?.fromEpoch === undefined) return averages?.decay ?? null;
  return { fromEpoch: averages.fromEpoch, batchNormBatches: averages.batchNormBatches ?? null };
}

function describeDistillation({
  teacher,
  temperature,
  share,
}: NonNullable<RunDescription['distillation']>): JsonValue {
  return { teacher: fingerprintOf(teacher.layers.map(describeLayer)), temperature, share };
}

function describeFreezing({ fromEpochs, trained }: FreezingPlan): JsonValue {
  return fromEpochs.map((epoch, phase) => [epoch, fingerprintOf([...trained[phase]!].sort())]);
}

/** What {@link describeRun} names, for `allowChanges`. */
export const SETTING_GROUPS = [
  'epochs',
  'model',
  'train',
  'validation',
  'optimizer',
  'schedule',
  'labelSmoothing',
  'classWeights',
  'loss',
  'focal',
  'sampleWeights',
  'clipGradients',
  'learningRateFactors',
  'freezing',
  'accumulateSteps',
  'averageWeights',
  'distillation',
  'validationFrequency',
  'initialEpoch',
  'seed',
  'callbacks',
] as const;

/** A setting that differs between a run and the run that it continues. */
export interface SettingDifference {
  readonly setting: string;
  /** Undefined where the run had no such setting. */
  readonly saved: JsonValue | undefined;
  readonly current: JsonValue | undefined;
}

/** The run to resume had other settings; `differences` lists them. */
export class ResumeMismatchError extends ZooError {
  constructor(readonly differences: readonly SettingDifference[]) {
    const shown = differences.slice(0, 6).map(inWords).join('; ');
    const rest = differences.length > 6 ? `; and ${differences.length - 6} more` : '';
    const groups = [...new Set(differences.map(({ setting }) => setting.split('.')[0]!))];
    super(
      'invalid-argument',
      `Expected the settings of the run to resume but these differ: ${shown}${rest}. Go back to them or begin a new run; ` +
        `what is changed on purpose is named by \`allowChanges: [${groups.map((group) => `'${group}'`).join(', ')}]\`.`,
    );
  }
}

/**
 * Throws unless a resumed run is set up as it was, except for the settings in `allowed` and those below them; more epochs are no
 * difference by themselves.
 *
 * @throws ResumeMismatchError that lists every difference.
 */
export function expectSameSettings(
  current: RunSettings,
  saved: RunSettings,
  allowed: readonly string[],
): void {
  const names = [...new Set([...Object.keys(saved), ...Object.keys(current)])];
  const differences = names
    .filter((name) => !isSame(name, current[name], saved[name]))
    .filter((name) => !allowed.some((group) => name === group || name.startsWith(`${group}.`)))
    .map((setting) => ({ setting, saved: saved[setting], current: current[setting] }));
  if (differences.length > 0) throw new ResumeMismatchError(differences);
}

function isSame(name: string, current: JsonValue | undefined, saved: JsonValue | undefined): boolean {
  if (name === 'epochs') return Number(current) >= Number(saved);
  return canonical(current) === canonical(saved);
}

/** Numbers that JSON lacks as text, keys in order. */
function canonical(value: JsonValue | undefined): string {
  return JSON.stringify(value ?? null, (_key, inner: unknown) => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) return `${inner}`;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

function inWords({ setting, saved, current }: SettingDifference): string {
  const shown = (value: JsonValue | undefined): string =>
    typeof value === 'object' && value !== null ? shorten(canonical(value)) : describeValue(value);
  return `\`${setting}\` was ${shown(saved)} and is ${shown(current)}`;
}

const shorten = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 77)}...`);

/** Steps at which schedules are compared: near the start each, later ones ever farther apart. */
export const SAMPLED_STEPS: readonly number[] = [
  0,
  1,
  2,
  5,
  ...[1, 2, 5].flatMap((digit) => [1, 2, 3, 4, 5].map((n) => digit * 10 ** n)),
].sort((left, right) => left - right);

function sample(schedule: Schedule, step: number): number | null {
  try {
    return schedule(step);
  } catch {
    // A schedule may end where its run does.
    return null;
  }
}

function describeSource(source: BatchSource): RunSettings {
  const {
    classNames,
    imageShape,
    batchSize,
    exampleCount,
    batchesPerEpoch,
    preprocessing = {},
    settings,
  } = source;
  const pixels = Object.entries(preprocessing).map(([name, value]): [string, JsonValue] => [
    name,
    JSON.parse(JSON.stringify(value)) as JsonValue,
  ]);
  return {
    classNames,
    imageShape,
    batchSize,
    exampleCount,
    batchesPerEpoch,
    ...Object.fromEntries(pixels),
    ...settings,
  };
}

/** What a layer computes, without its name, which may differ from process to process, and how its weights began. */
function describeLayer(layer: tfl.layers.Layer): string {
  const entries = Object.entries(layer.getConfig()).filter(
    ([key]) => key !== 'name' && key !== 'layers' && !/initializer$|layers$/i.test(key),
  );
  return JSON.stringify([layer.getClassName(), entries]);
}

function decayed({ optimizer, weights }: RunDescription): string[] {
  const { weightDecayFilter: decays } = optimizer;
  if (decays === undefined) return [];
  return weights.flatMap(({ name, trainable, variable: { shape } }) =>
    trainable && decays({ name, shape }) ? [name] : [],
  );
}

function describeCallback({ name, settings }: Callback): RunSettings {
  return settings === undefined ? {} : withPrefix(`callbacks.${name}`, settings);
}

function withPrefix(prefix: string, settings: RunSettings): RunSettings {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${prefix}.${key}`, value]));
}
