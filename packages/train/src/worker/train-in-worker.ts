import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, ZooError } from '@zoo/core';
import {
  expectFunction,
  pickOptions,
  readOptions,
  SIGNAL,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
  type RequiredAnyRow,
} from '@zoo/core/options';
import { modelParts } from '@zoo/weights';

import { expectFits } from '../expect-fits';
import { FIT_OPTIONS, PLAIN_FIT_OPTIONS } from '../fit-options';
import type { EpochRecord, History } from '../history';
import { asSchedule } from '../schedules';
import { runWeights } from '../training/run-weights';

import {
  buffersOf,
  listen,
  PROTOCOL,
  send,
  type PortEvent,
  type SentWeights,
  type Setup,
  type TrainingPort,
  type WorkerMessage,
  type WorkerStep,
} from './messages';
import { describeSentSource, PageBatches } from './page-batches';
import { fromSentError } from './sent-error';
import { toSentFactors, toSentOptimizer, toSentSchedule } from './sent-rules';

/** What {@link trainInWorker} uses of a Worker. */
export interface TrainingWorker extends TrainingPort {
  terminate(): unknown;
}

const FUNCTION = { type: 'any', expected: 'a function' } as const;

const TRAIN_IN_WORKER_OPTIONS = {
  ...PLAIN_FIT_OPTIONS,
  /**
   * Starts the worker, whose script calls `serveTraining`: `() => new Worker(new URL('./training.worker.ts', import.meta.url), { type:
   * 'module' })`, which Vite and webpack read as it stands. It is terminated when training ends, in whatever way.
   */
  worker: {
    ...FUNCTION,
    isRequired: true,
    expected: 'a function that starts a Worker',
    check: (argument, value) => {
      if (typeof value === 'function') return value as () => TrainingWorker;
      throw new ArgumentError(
        argument,
        'a function that starts a Worker',
        value,
        "Write () => new Worker(new URL('./training.worker.ts', import.meta.url), { type: 'module' }).",
      );
    },
  } as RequiredAnyRow<() => TrainingWorker>,
  /**
   * What the worker's own function is given: anything that a structured clone takes, such as Files whose pictures the worker is to prepare.
   */
  workerData: { type: 'any', expected: 'anything that a structured clone takes' } as AnyRow<unknown>,
  /** What to train on, read here and sent batch by batch as the worker asks for them. Default: the source that the worker returns. */
  train: { type: 'any' } as typeof FIT_OPTIONS.validation,
  /** What to measure on after every epoch, read here. Default: the source that the worker returns, if it does. */
  validation: FIT_OPTIONS.validation,
  /** An update rule of `@zoo/train`. Default: the one that the worker returns. */
  optimizer: { ...FIT_OPTIONS.optimizer, isRequired: false } as AnyRow<
    NonNullable<OptionsOf<typeof FIT_OPTIONS>['optimizer']>
  >,
  /** The learning rate at each step, in place of the optimizer's own; its values are sent. */
  schedule: FIT_OPTIONS.schedule,
  /** What the learning rate of each weight is multiplied by; its values are sent. Default 1 for all. */
  learningRateFactors: FIT_OPTIONS.learningRateFactors,
  /** Told of updates: loss, metrics, learning rate, rate and time left. What it throws ends the run. */
  onStep: { ...FUNCTION, check: expectFunction } as AnyRow<(step: WorkerStep) => void>,
  /** Told of each finished epoch. What it throws ends the run. */
  onEpoch: { ...FUNCTION, check: expectFunction } as AnyRow<(record: EpochRecord) => void>,
  /** Least time between two updates that `onStep` is told of; an epoch's last one is told in any case. Default 50. */
  progressIntervalMs: { type: 'number', minimum: 0, default: 50 },
  /** True to set the model's weights to the worker's after every epoch, before `onEpoch` is told; those that validation measured. Default false. */
  updateEachEpoch: { type: 'boolean', default: false },
  /** Aborted, the worker finishes the current update and ends; the call rejects with the signal's reason and the model is as it was. */
  signal: SIGNAL,
  /** Aborted, training ends in order after the current update: the model gets the weights, and the history's `stopReason` is the signal's reason. */
  stopSignal: SIGNAL,
  /** How long the worker may take to load its script. Default 30,000. */
  startTimeoutMs: { type: 'number', minimum: 0, exclusiveMinimum: true, default: 30_000 },
} as const satisfies OptionTable;

/** Options of {@link trainInWorker}. */
export interface TrainInWorkerOptions extends OptionsOf<typeof TRAIN_IN_WORKER_OPTIONS> {}

type Settled = ReadOptions<typeof TRAIN_IN_WORKER_OPTIONS>;

/** How long an aborted worker may take for the current update before it is terminated in the middle of it. */
const ABORT_PATIENCE_MS = 5000;

/**
 * Trains a classifier in a web worker, so that the page stays responsive: `fit` with the same options and the same result, bit for bit on
 * one engine.
 *
 * The worker gets a copy of the model and asks for batches one by one, whose values are transferred. The page's model is changed when
 * training ends, all weights at once; `updateEachEpoch` changes it after every epoch. The worker is terminated in any case. Callbacks, a
 * teacher and update rules of one's own are the worker's: its function returns them, see `serveTraining`.
 *
 * @param model The page's model; the engine that it is on may be another one than the worker's.
 * @returns What `fit` returns.
 *
 * @throws ArgumentError before the worker is started for options that make no sense or can't be sent.
 * @throws ZooError `worker` if the worker's script can't be loaded, calls no `serveTraining`, or ends early.
 * @throws What `fit` throws in the worker, with its code, and what the page's sources throw, as it is.
 * @throws The signal's reason, when the signal is aborted.
 *
 * @example
 * const history = await trainInWorker(model, {
 *   worker: () => new Worker(new URL('./training.worker.ts', import.meta.url), { type: 'module' }),
 *   train, validation, epochs: 20,
 *   optimizer: sgd({ momentum: 0.9 }),
 *   onStep: ({ epochSoFar, runLeftMs }) => show(epochSoFar.loss, runLeftMs),
 * });
 */
export async function trainInWorker(model: tfl.LayersModel, options: TrainInWorkerOptions): Promise<History> {
  const settled = readOptions(TRAIN_IN_WORKER_OPTIONS, options);
  settled.signal?.throwIfAborted();
  const setup = await describeSetup(model, settled, options);
  settled.signal?.throwIfAborted();
  const worker = settled.worker();
  try {
    return await new WorkerRun(model, settled, worker).train(setup);
  } finally {
    worker.terminate();
  }
}

async function describeSetup(
  model: tfl.LayersModel,
  settled: Settled,
  options: TrainInWorkerOptions,
): Promise<Setup> {
  const { train, validation, optimizer, learningRateFactors: factors, freezing = [] } = settled;
  if (train !== undefined) expectFits(model, 'options.train', train);
  if (validation !== undefined) expectFits(model, 'options.validation', validation, train?.classNames);
  if (freezing.some(({ frozen }) => typeof frozen === 'function')) {
    throw new ArgumentError(
      'options.freezing',
      'names of layers, which can be sent to a worker,',
      freezing,
      'Return phases with functions from the function that serveTraining is given, in the worker.',
    );
  }
  const setup = {
    sources: {
      ...(train && { train: describeSentSource(train) }),
      ...(validation && { validation: describeSentSource(validation) }),
    },
    options: pickOptions(PLAIN_FIT_OPTIONS, options),
    optimizer: optimizer && toSentOptimizer(model, optimizer),
    hasSchedule: settled.schedule !== undefined,
    learningRateFactors: factors && toSentFactors(model, factors),
    progressIntervalMs: settled.progressIntervalMs,
    sendsEachEpoch: settled.updateEachEpoch,
    workerData: settled.workerData,
  };
  return { ...setup, model: await modelParts(model) };
}

/** One training, as the page sees it. */
class WorkerRun {
  private readonly batches: PageBatches;
  private settle: { resolve: (history: History) => void; reject: (error: unknown) => void } | undefined;
  private readonly cleanups: (() => void)[] = [];
  private hasBegun = false;

  constructor(
    private readonly model: tfl.LayersModel,
    private readonly settled: Settled,
    private readonly worker: TrainingWorker,
  ) {
    const { train, validation } = settled;
    this.batches = new PageBatches(
      { ...(train && { train }), ...(validation && { validation }) },
      worker,
      (error) => this.settle?.reject(error),
    );
  }

  async train(setup: Setup): Promise<History> {
    try {
      return await new Promise<History>((resolve, reject) => {
        this.settle = { resolve, reject };
        this.listen(setup);
      });
    } catch (error) {
      // A worker ends with its training; a server on a port learns of the end only by this.
      if (this.hasBegun) send(this.worker, { type: 'abort' });
      throw error;
    } finally {
      for (const cleanup of this.cleanups) cleanup();
      await this.batches.dispose();
    }
  }

  private listen(setup: Setup): void {
    const { startTimeoutMs } = this.settled;
    const patience = setTimeout(
      () =>
        this.fail(
          `Expected the worker to call serveTraining within ${startTimeoutMs} ms but it did not. ` +
            "Call it in the worker's script before any `await`.",
        ),
      startTimeoutMs,
    );
    const onMessage = (message: WorkerMessage): void => {
      try {
        if (message.type !== 'ready') this.receive(message);
        else {
          clearTimeout(patience);
          this.begin(setup);
        }
      } catch (error) {
        this.settle?.reject(error);
      }
    };
    const onStranger = (protocol: string): void =>
      this.fail(
        `Expected a worker that speaks '${PROTOCOL}' but it speaks '${protocol}'. ` +
          'Page and worker hold different versions of @zoo/train: build and load both anew.',
      );
    this.cleanups.push(() => clearTimeout(patience), listen(this.worker, onMessage, onStranger));
    this.hear('error', ({ message = '' }) =>
      this.fail(
        `The worker failed: ${message === '' ? 'its script could not be loaded' : message}. ` +
          "Check the address of its script, what it imports, and the page's policy.",
      ),
    );
    this.hear('messageerror', () => this.fail("The worker sent what this page can't read."));
    this.watch(this.settled.signal, (reason) => this.abort(reason));
  }

  private hear(type: string, listener: (event: PortEvent) => void): void {
    this.worker.addEventListener(type, listener);
    this.cleanups.push(() => this.worker.removeEventListener(type, listener));
  }

  private fail(problem: string): void {
    this.settle?.reject(new ZooError('worker', problem));
  }

  private begin(setup: Setup): void {
    const weights = [...setup.model.weights.values()].map(({ values }) => values);
    try {
      send(this.worker, { type: 'begin', setup }, buffersOf(weights));
    } catch (error) {
      throw new ArgumentError(
        'options.workerData',
        'data that can be sent to a worker',
        this.settled.workerData,
        `Leave out functions and what else can't be cloned: ${inWords(error)}`,
      );
    }
    this.hasBegun = true;
    this.watch(this.settled.stopSignal, (reason) =>
      send(this.worker, { type: 'stop', reason: inWords(reason) }),
    );
  }

  /** The worker may finish its update and do what its callbacks do; one that does not come to it is not waited for. */
  private abort(reason: unknown): void {
    const patience = setTimeout(() => this.settle?.reject(reason), this.hasBegun ? ABORT_PATIENCE_MS : 0);
    this.cleanups.push(() => clearTimeout(patience));
    if (this.hasBegun) send(this.worker, { type: 'abort' });
  }

  private receive(message: Exclude<WorkerMessage, { type: 'ready' }>): void {
    const { settled, batches } = this;
    switch (message.type) {
      case 'scheduleWanted': {
        const schedule = settled.schedule ?? asSchedule(settled.optimizer!.learningRate);
        send(this.worker, { type: 'schedule', schedule: toSentSchedule(schedule, message.steps) });
        break;
      }
      case 'open':
        batches.open(message.stream, message.source, message);
        break;
      case 'next':
        batches.next(message.stream);
        break;
      case 'close':
        batches.close(message.stream);
        break;
      case 'step':
        settled.onStep?.(message.step);
        break;
      case 'epoch':
        if (message.weights !== undefined) setWeights(this.model, message.weights);
        settled.onEpoch?.(message.record);
        break;
      case 'finished':
        setWeights(this.model, message.weights);
        if (message.metadata != null) this.model.setUserDefinedMetadata(message.metadata);
        this.settle?.resolve(message.history);
        break;
      case 'aborted':
        this.settle?.reject(settled.signal?.reason);
        break;
      case 'failed':
        this.settle?.reject(fromSentError(message.error));
        break;
    }
  }

  /** Calls `onAbort` once `signal` is aborted, which it may be already. */
  private watch(signal: AbortSignal | undefined, onAbort: (reason: unknown) => void): void {
    if (signal === undefined) return;
    const listener = (): void => onAbort(signal.reason);
    if (signal.aborted) listener();
    else {
      signal.addEventListener('abort', listener);
      this.cleanups.push(() => signal.removeEventListener('abort', listener));
    }
  }
}

/** Sets all weights at once, without a pause in which other code could run. */
function setWeights(model: tfl.LayersModel, weights: SentWeights): void {
  for (const { name, variable } of runWeights(model)) {
    const { shape, dtype } = variable;
    tf.tidy(() => variable.assign(tf.tensor(weights.get(name)!, shape, dtype as 'float32')));
  }
}

function inWords(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
