import * as tf from '@tensorflow/tfjs-core';

import { forEachCallback, type StepRecord } from '../callbacks/callback';
import { addSums, meansOf, NO_EXAMPLES, type MetricSums } from '../metrics/running-metrics';

import type { ActiveRun } from './training-run';

/** Steps that a graphics card may have before it while the metrics of an earlier one are waited for. */
export const LATE_STEPS = 1;

/** An update that has been given to the engine. */
interface OpenStep {
  readonly step: number;
  readonly learningRate: number;
  /** Metrics of its batches, as they come. */
  readonly measured: readonly Promise<MetricSums>[];
}

/** True on an engine that computes beside the program, where waiting for a step's metrics would leave it without work. */
export function readsLate(): boolean {
  return tf.getBackend() === 'webgpu';
}

/**
 * Metrics of updates, which come when the engine has made them; callbacks are told in order.
 *
 * On webgpu the next step is recorded meanwhile, so that the card is never idle; elsewhere metrics are there at once.
 */
export class LateMetrics {
  private readonly open: OpenStep[] = [];
  private readonly accounted: StepRecord[] = [];
  private readonly told: StepRecord[] = [];

  constructor(private readonly run: ActiveRun) {
    // A state includes what callbacks recorded of every earlier step.
    run.accountForSteps = () => this.tellEnds(0);
  }

  add(step: OpenStep): void {
    // A failure is reported where the metrics are awaited, even if that is late.
    for (const measured of step.measured) measured.catch(() => undefined);
    this.open.push(step);
  }

  /** Tells the callbacks of all steps, or on an engine that reads late of all but the last few. */
  async tell(lateSteps: number): Promise<void> {
    await this.tellEnds(readsLate() ? lateSteps : 0);
    const { callbacks } = this.run.parts;
    for (let record = this.told.shift(); record !== undefined; record = this.told.shift()) {
      const settled = record;
      await forEachCallback(callbacks, (callback) => callback.onStepSettled?.(this.run, settled));
    }
  }

  /** Waits until nothing is under way any more, so that every batch is disposed; what fails is not heard. */
  async end(): Promise<void> {
    this.run.accountForSteps = undefined;
    await Promise.allSettled(this.open.flatMap(({ measured }) => measured));
  }

  private async tellEnds(lateSteps: number): Promise<void> {
    await this.account(lateSteps);
    const { callbacks } = this.run.parts;
    for (let record = this.accounted.shift(); record !== undefined; record = this.accounted.shift()) {
      const ended = record;
      this.told.push(ended);
      await forEachCallback(callbacks, (callback) => callback.onStepEnd?.(this.run, ended));
    }
  }

  /** Adds the metrics of all but the last `lateSteps` steps to the epoch's. */
  private async account(lateSteps: number): Promise<void> {
    while (this.open.length > lateSteps) {
      const { step, learningRate, measured } = this.open[0]!;
      const sums = (await Promise.all(measured)).reduce(addSums, NO_EXAMPLES);
      this.open.shift();
      this.run.sums = addSums(this.run.sums, sums);
      this.accounted.push({
        step,
        learningRate,
        ...meansOf(sums),
        examples: sums.examples,
        epochSoFar: { ...meansOf(this.run.sums), examples: this.run.sums.examples },
      });
    }
  }
}
