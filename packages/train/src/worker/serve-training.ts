import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ZooError } from '@zoo/core';
import { modelFromParts } from '@zoo/weights';

import type { Callback } from '../callbacks/callback';
import { fit } from '../fit';
import type { FitOptions } from '../fit-options';
import { createProgressClock } from '../progress-clock';
import type { Schedule } from '../schedules';
import { runWeights } from '../training/run-weights';

import {
  buffersOf,
  listen,
  send,
  type PageMessage,
  type SentWeights,
  type Setup,
  type TrainingPort,
} from './messages';
import { RemoteBatches } from './remote-batches';
import { toSentError } from './sent-error';
import { fromSentOptimizer, fromSentSchedule, type SentSchedule } from './sent-rules';

/** Options that the worker's own code adds to a run, or that replace the page's. */
export type WorkerFitOptions = Partial<Omit<FitOptions, 'signal' | 'distributed'>>;

/**
 * The worker's own part: starts an engine, and returns options of `fit` that can't be sent, such as callbacks, a teacher, or sources whose
 * pictures are prepared in the worker.
 *
 * @param data What the page gave as `workerData`, a structured clone.
 * @param signal Aborted when the page's is.
 */
export type PrepareTraining = (
  data: unknown,
  signal: AbortSignal,
) => WorkerFitOptions | undefined | Promise<WorkerFitOptions | undefined> | Promise<void>;

/**
 * Lets a worker's script train what `trainInWorker` of a page sends. Call it once, before any `await` of the script.
 *
 * @param prepare Starts an engine in the worker and returns what can't be sent; see {@link PrepareTraining}.
 * @param port Where the page is. Default: the worker's own global scope.
 *
 * @example
 * // training.worker.ts
 * import { selectEngine } from '@zoo/engine';
 * import { serveTraining } from '@zoo/train/worker';
 *
 * serveTraining(async () => void (await selectEngine({ purpose: 'train' })));
 */
export function serveTraining(
  prepare: PrepareTraining,
  port: TrainingPort = globalThis as unknown as TrainingPort,
): void {
  const run = new ServedRun(prepare, port);
  // The page reports unknown messages.
  listen(
    port,
    (message) => run.receive(message),
    () => undefined,
  );
  send(port, { type: 'ready' });
}

class ServedRun {
  private readonly abort = new AbortController();
  private readonly batches: RemoteBatches;
  private stopReason: string | undefined;
  private takeSchedule: (schedule: SentSchedule) => void = () => undefined;

  constructor(
    private readonly prepare: PrepareTraining,
    private readonly port: TrainingPort,
  ) {
    this.batches = new RemoteBatches(port);
  }

  receive(message: PageMessage): void {
    switch (message.type) {
      case 'begin':
        void this.run(message.setup);
        break;
      case 'schedule':
        this.takeSchedule(message.schedule);
        break;
      case 'batch':
        this.batches.receive(message.stream, message.batch);
        break;
      case 'sourceFailed':
        this.batches.fail(message.stream);
        break;
      case 'abort':
        this.abort.abort(new ZooError('interrupted', 'The page has aborted the training.'));
        break;
      case 'stop':
        this.stopReason = message.reason;
        break;
    }
  }

  private async run(setup: Setup): Promise<void> {
    let model: tfl.LayersModel | undefined;
    try {
      const own = (await this.prepare(setup.workerData, this.abort.signal)) ?? {};
      this.abort.signal.throwIfAborted();
      model = await modelFromParts(setup.model);
      const history = await fit(model, await this.optionsOf(setup, own));
      const weights = await readWeights(model);
      const metadata: unknown = model.getUserDefinedMetadata();
      send(this.port, { type: 'finished', history, weights, metadata }, buffersOf(weights.values()));
    } catch (error) {
      const { signal } = this.abort;
      if (signal.aborted && error === signal.reason) send(this.port, { type: 'aborted' });
      else send(this.port, { type: 'failed', error: toSentError(error) });
    } finally {
      model?.dispose();
    }
  }

  private async optionsOf(setup: Setup, own: WorkerFitOptions): Promise<FitOptions> {
    const { options, optimizer, learningRateFactors: factors } = setup;
    const { train, validation } = setup.sources;
    const given = {
      ...options,
      ...(train && { train: this.batches.source('train', train) }),
      ...(validation && { validation: this.batches.source('validation', validation) }),
      ...(factors && { learningRateFactors: ({ name }: { name: string }) => factors.get(name) ?? 1 }),
      ...own,
    };
    const rule = own.optimizer ?? (optimizer && fromSentOptimizer(optimizer));
    if (given.train === undefined) throw missing('train', 'a source of batches');
    if (rule === undefined) throw missing('optimizer', 'an update rule');
    const { epochs } = given;
    if (epochs === undefined) throw missing('epochs', 'a number of epochs');
    const hasRates =
      own.optimizer === undefined && optimizer !== undefined && optimizer.learningRate === undefined;
    const schedule =
      own.schedule ??
      (setup.hasSchedule || hasRates
        ? await this.askForSchedule({ ...given, train: given.train, epochs })
        : undefined);
    return {
      ...given,
      epochs,
      train: given.train,
      optimizer: rule,
      ...(schedule && { schedule }),
      callbacks: [...(own.callbacks ?? []), this.messenger(setup)],
      signal: this.abort.signal,
    };
  }

  /** The page's schedule at all steps that this run may take; how many is known only here where the source is the worker's. */
  private askForSchedule({
    train,
    epochs,
    accumulateSteps = 1,
    optimizerState,
  }: Pick<FitOptions, 'accumulateSteps' | 'epochs' | 'optimizerState' | 'train'>): Promise<Schedule> {
    const perEpoch = Math.ceil(train.batchesPerEpoch / accumulateSteps);
    // One more, because callbacks read the rate of the next update after the last one.
    const steps = (optimizerState?.step ?? 0) + perEpoch * epochs + 1;
    const schedule = new Promise<SentSchedule>((resolve) => (this.takeSchedule = resolve));
    send(this.port, { type: 'scheduleWanted', steps });
    return schedule.then(fromSentSchedule);
  }

  /** Tells the page how the run goes, and stops the run where the page asks for it. */
  private messenger({ progressIntervalMs, sendsEachEpoch }: Setup): Callback {
    const clock = createProgressClock(() => performance.now());
    let toldMs = -Infinity;
    return {
      name: 'trainInWorker',
      onEpochBegin: (run) => clock.beginEpoch(run),
      onStepEnd: (run, step) => {
        if (this.stopReason !== undefined) run.stop(this.stopReason);
        const progress = clock.update(run, step.examples);
        const { epoch, epochs, batch, batchesPerEpoch } = run;
        const isLast = batch >= batchesPerEpoch || this.stopReason !== undefined;
        if (!isLast && performance.now() - toldMs < progressIntervalMs) return;
        toldMs = performance.now();
        const place = { epoch, epochs, batch, batchesPerEpoch };
        send(this.port, { type: 'step', step: { ...step, ...progress, ...place } });
      },
      onEpochSettled: async (run, record) => {
        clock.endEpoch(record);
        if (this.stopReason !== undefined) run.stop(this.stopReason);
        const weights = sendsEachEpoch
          ? await run.withMeasuredWeights(() => readWeights(run.model))
          : undefined;
        send(this.port, { type: 'epoch', record, weights }, buffersOf(weights?.values() ?? []));
      },
    };
  }
}

async function readWeights(model: tfl.LayersModel): Promise<SentWeights> {
  const weights = new Map<string, Float32Array | Int32Array>();
  for (const { name, variable } of runWeights(model)) {
    // A copy, because the array is transferred and an engine may keep its own.
    const values = (await (variable as tf.Tensor).data()) as Float32Array | Int32Array;
    weights.set(name, values.slice());
  }
  return weights;
}

function missing(option: string, what: string): ZooError {
  return new ZooError(
    'invalid-argument',
    `Expected ${what} for \`options.${option}\` but received undefined. ` +
      'Give it to trainInWorker, or return it from the function that serveTraining is given.',
  );
}
