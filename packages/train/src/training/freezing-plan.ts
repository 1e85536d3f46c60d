import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError } from '@zoo/core';
import {
  readOptions,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
  type RequiredAnyRow,
} from '@zoo/core/options';

import type { EpochRecord } from '../history';

import { layersWithin } from './layers-within';
import { runWeights } from './run-weights';

/** What is frozen: all layers up to and including one, none, or what a function says. */
type Frozen = string | null | ((model: tfl.LayersModel) => unknown);

const PHASE_OPTIONS = {
  /** The first epoch that it holds for, from 0. */
  fromEpoch: { type: 'integer', minimum: 0, isRequired: true },
  /**
   * What is frozen: a layer's name, all up to and including which stay as they are; null for nothing; or a function that sets `trainable`
   * on layers, `(model) => freeze(model, 'stage3')` with freeze of `@zoo/resnet`.
   */
  frozen: {
    type: 'any',
    isRequired: true,
    expected: "a layer's name, null or a function of the model",
    check: (argument, value) => {
      if (value === null || typeof value === 'string' || typeof value === 'function') return value as Frozen;
      throw new ArgumentError(argument, "a layer's name, null or a function of the model", value);
    },
  } as RequiredAnyRow<Frozen>,
} as const satisfies OptionTable;

/** The layers that a run does not train from an epoch on. */
export interface FreezingPhase extends OptionsOf<typeof PHASE_OPTIONS> {}

type ReadPhase = ReadOptions<typeof PHASE_OPTIONS>;

/** Which weights are trained in which epochs. */
export interface FreezingPlan {
  /** For each phase the names of the weights that are trained. */
  readonly trained: readonly ReadonlySet<string>[];
  /** The phases' first epochs. */
  readonly fromEpochs: readonly number[];
  /** Freezes and thaws the model's layers as an epoch has them. */
  apply(epoch: number): void;
  /** Puts the model's own flags back. */
  restore(): void;
}

/**
 * Which weights of `model` are trained when; the model is as it was afterwards.
 *
 * @throws ArgumentError unless phases begin with epoch 0, rise, name layers of the model and leave something to train.
 */
export function createFreezingPlan(
  model: tfl.LayersModel,
  given: readonly FreezingPhase[],
  argument = 'options.freezing',
): FreezingPlan {
  const phases = given.map((phase, index) => readOptions(PHASE_OPTIONS, phase, `${argument}[${index}]`));
  expectRisingEpochs(phases, argument);
  const restore = rememberFlags(model);
  try {
    const trained = phases.map(({ frozen }, index) => {
      restore();
      freeze(model, frozen, `${argument}[${index}].frozen`);
      const names = runWeights(model).flatMap(({ name, trainable }) => (trainable ? [name] : []));
      if (names.length > 0) return new Set(names);
      throw new ArgumentError(`${argument}[${index}].frozen`, 'something left to train', frozen);
    });
    return {
      trained,
      fromEpochs: phases.map(({ fromEpoch }) => fromEpoch),
      apply: (epoch) => {
        restore();
        const { frozen } = phases.filter(({ fromEpoch }) => fromEpoch <= epoch).at(-1)!;
        freeze(model, frozen, argument);
      },
      restore,
    };
  } finally {
    restore();
  }
}

/** A group of weights that are trained in the same phases of a plan. */
export type PhasesTrained = readonly boolean[];

/** How far a run has come. */
export interface RunProgress {
  /** The epochs that are over. */
  readonly history: readonly EpochRecord[];
  /** The first epoch that the run trains, and the number of updates that count as made before it. */
  readonly begin: { readonly epoch: number; readonly step: number };
}

/**
 * How many of the first `step` updates have trained the weights of some phases: what an optimizer counts for them.
 */
export function stepsTrained(
  { fromEpochs }: Pick<FreezingPlan, 'fromEpochs'>,
  phases: PhasesTrained,
  step: number,
  { history, begin }: RunProgress,
): number {
  const startOf = (phase: number): number => {
    const epoch = fromEpochs[phase];
    if (epoch === undefined) return step;
    if (epoch <= begin.epoch) return begin.step;
    return history.find((record) => record.epoch === epoch - 1)?.step ?? step;
  };
  return phases.reduce(
    (sum, isTrained, phase) => sum + (isTrained ? startOf(phase + 1) - startOf(phase) : 0),
    0,
  );
}

function expectRisingEpochs(phases: readonly ReadPhase[], argument: string): void {
  if (phases[0]?.fromEpoch !== 0) {
    throw new ArgumentError(argument, 'phases of which the first has fromEpoch: 0', phases[0]?.fromEpoch);
  }
  phases.forEach(({ fromEpoch }, index) => {
    const before = phases[index - 1]?.fromEpoch ?? -1;
    if (fromEpoch > before) return;
    throw new ArgumentError(`${argument}[${index}].fromEpoch`, `an epoch after ${before}`, fromEpoch);
  });
}

function freeze(model: tfl.LayersModel, frozen: Frozen, argument: string): void {
  if (typeof frozen === 'function') {
    frozen(model);
    return;
  }
  const last = frozen === null ? -1 : model.layers.findIndex(({ name }) => name === frozen);
  if (frozen !== null && last === -1) {
    throw new ArgumentError(argument, `the name of a layer of '${model.name}'`, frozen);
  }
  model.layers.forEach((layer, index) => {
    layer.trainable = index > last;
  });
}

/** Puts `trainable` of all layers and weights back to what it is now. */
function rememberFlags(model: tfl.LayersModel): () => void {
  const layers = layersWithin(model).map((layer) => ({ layer, trainable: layer.trainable }));
  const weights = model.weights.map((weight) => {
    const { trainable } = weight as unknown as { trainable: boolean };
    return { weight, trainable };
  });
  return () => {
    for (const { layer, trainable } of layers) if (layer.trainable !== trainable) layer.trainable = trainable;
    for (const { weight, trainable } of weights) {
      (weight as unknown as { trainable: boolean }).trainable = trainable;
    }
  };
}

/** In which phases a weight is trained; without a plan in the only one. */
export function phasesOf(plan: FreezingPlan | undefined, name: string): PhasesTrained {
  return plan === undefined ? [true] : plan.trained.map((names) => names.has(name));
}
