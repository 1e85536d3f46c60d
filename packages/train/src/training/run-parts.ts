import type * as tfl from '@tensorflow/tfjs-layers';
import type { BatchSource } from '@zoo/core';

import type { Callback } from '../callbacks/callback';
import type { RunRanks } from '../distributed/run-ranks';
import type { ClippingBounds } from '../fit-options';
import type { EpochRecord } from '../history';
import type { LogitsFunction } from '../logits';
import type { ClassificationLoss } from '../loss/classification-loss';
import type { Distillation } from '../loss/distillation-loss';
import type { Scoring } from '../metrics/scoring';
import type { ModelPiece } from '../model-pieces';
import type { Optimizer, OptimizerState } from '../optimizers';
import type { Schedule } from '../schedules';

import type { FreezingPlan } from './freezing-plan';
import type { RunWeight } from './run-weights';
import type { RunSettings } from './training-state';
import type { WeightAverages } from './weight-averages';

/** What a run is made of, checked: the options of `fit` and what follows from them. Step, loop and state read it, and nothing else. */
export interface RunParts {
  readonly model: tfl.LayersModel;
  readonly logits: LogitsFunction;
  readonly loss: ClassificationLoss;
  readonly scoring: Scoring;
  /** By the example's name; undefined: 1 for all. */
  readonly sampleWeights: ReadonlyMap<string, number> | undefined;
  readonly weights: readonly RunWeight[];
  /** The weights to train, in the order the optimizer was started with. */
  readonly parameters: readonly RunWeight[];
  readonly optimizer: Optimizer;
  readonly optimizerState: OptimizerState;
  readonly clipping: ClippingBounds | undefined;
  /** The model in parts, whose activations are computed again for the backward pass instead of kept; undefined: all are kept. */
  readonly pieces: readonly ModelPiece[] | undefined;
  readonly averages: WeightAverages | undefined;
  readonly schedule: Schedule;
  readonly callbacks: readonly Callback[];
  readonly settings: RunSettings;
  readonly source: BatchSource;
  readonly validation: BatchSource | undefined;
  /** The other ranks, in a run on several. */
  readonly ranks: RunRanks | undefined;
  readonly topK: number | undefined;
  readonly metricNames: readonly string[];
  readonly epochs: number;
  /** Where a run begins that is not resumed: epochs, and updates, that count as done. */
  readonly initialEpoch: number;
  readonly initialStep: number;
  readonly accumulateSteps: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly isResumed: boolean;
  /** What happens at a loss or weight that is not finite. */
  readonly onNotFinite: 'stop' | 'continue';
  /** What is frozen when; undefined: what is frozen stays so. */
  readonly freezing: FreezingPlan | undefined;
  /** The epochs that are over, filled as the run goes on. */
  readonly history: EpochRecord[];
  readonly distillation: Distillation | undefined;
  /** Epochs from one validation to the next. */
  readonly validationFrequency: number;
  /** Batches of which batch norms of averaged weights are measured; undefined: all. */
  readonly batchNormBatches: number | undefined;
}
