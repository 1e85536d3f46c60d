import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import {
  adamW,
  earlyStopping,
  evaluate,
  fit,
  reduceLearningRateOnPlateau,
  warmupCosine,
  type Callback,
  type EpochRecord,
  type FitOptions,
  type TrainingState,
} from '../../src';
import { checkpoint, loadBestWeights, loadCheckpoint, readTrainingState } from '../../src/node';
import { memorySource } from '../support/memory-source';
import { tinyModel, weightValues } from '../support/tiny-model';

const place = temporaryDirectory();

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const validation = memorySource({ seed: 2, exampleCount: 6 });

function runOptions(): Omit<FitOptions, 'callbacks'> {
  return {
    train: memorySource(),
    validation,
    epochs: 4,
    optimizer: adamW({ weightDecay: 0.1 }),
    schedule: warmupCosine({ peak: 0.02, warmupSteps: 3, totalSteps: 12 }),
    labelSmoothing: 0.1,
  };
}

/** Aborts after an update. */
function abortAfter(steps: number): { callback: Callback; signal: AbortSignal } {
  const controller = new AbortController();
  const callback: Callback = {
    name: 'abortAfter',
    onStepEnd: (_run, { step }) => {
      if (step === steps) controller.abort(new Error('enough'));
    },
  };
  return { callback, signal: controller.signal };
}

async function outcome(model: tfl.LayersModel, options: FitOptions) {
  const history = await fit(model, options);
  const result = { weights: weightValues(model), metrics: history.epochs.map(({ metrics }) => metrics) };
  model.dispose();
  return result;
}

describe('checkpoint and resume', () => {
  it.each([3, 4, 5, 7])('goes on bit for bit after an abort at step %i of 12', async (steps) => {
    const helpers = () => [
      reduceLearningRateOnPlateau({ patience: 1, factor: 0.5 }),
      earlyStopping({ patience: 3, restoreBest: true }),
    ];
    const unbroken = await outcome(tinyModel({ dropRate: 0.3 }), { ...runOptions(), callbacks: helpers() });

    const directory = place();
    const { callback, signal } = abortAfter(steps);
    const broken = tinyModel({ dropRate: 0.3 });
    const run = fit(broken, {
      ...runOptions(),
      signal,
      callbacks: [checkpoint({ directory }), ...helpers(), callback],
    });
    await expect(run).rejects.toThrow('enough');
    broken.dispose();

    const model = tinyModel({ dropRate: 0.3, seed: 99 });
    const resume = await loadCheckpoint(directory, model);
    expect(resume.step).toBe(steps);
    const resumed = await outcome(model, {
      ...runOptions(),
      resume,
      callbacks: [checkpoint({ directory }), ...helpers()],
    });
    expect(resumed).toEqual(unbroken);
  });

  it('goes on bit for bit from an abort that comes while validation runs', async () => {
    const unbroken = await outcome(tinyModel(), runOptions());
    const directory = place();
    const controller = new AbortController();
    const broken = tinyModel();
    const aborting = memorySource({
      seed: 2,
      exampleCount: 6,
      onBatch: () => controller.abort(new Error('enough')),
    });
    const callbacks = [checkpoint({ directory })];
    const run = fit(broken, { ...runOptions(), validation: aborting, signal: controller.signal, callbacks });
    await expect(run).rejects.toThrow('enough');
    broken.dispose();
    const model = tinyModel();
    const resume = await loadCheckpoint(directory, model);
    expect([resume.epoch, resume.batch]).toEqual([0, 3]);
    expect(await outcome(model, { ...runOptions(), resume })).toEqual(unbroken);
  });

  it('finishes an update of several batches before it gives in to an abort', async () => {
    const options = { ...runOptions(), accumulateSteps: 2 };
    const unbroken = await outcome(tinyModel(), options);
    const directory = place();
    const controller = new AbortController();
    const broken = tinyModel();
    const train = memorySource({
      onBatch: (epoch, batch) => {
        if (epoch === 1 && batch === 1) controller.abort(new Error('enough'));
      },
    });
    const run = fit(broken, {
      ...options,
      train,
      signal: controller.signal,
      callbacks: [checkpoint({ directory })],
    });
    await expect(run).rejects.toThrow('enough');
    broken.dispose();
    const model = tinyModel();
    const resume = await loadCheckpoint(directory, model);
    expect([resume.epoch, resume.batch, resume.step]).toEqual([1, 2, 3]);
    expect(await outcome(model, { ...options, resume })).toEqual(unbroken);
  });

  it('keeps the best epoch under its name, and the one that the state before names', async () => {
    const directory = place();
    const model = tinyModel();
    const callbacks = [
      checkpoint({ directory, pattern: 'tiny.{epoch:03d}-{val_acc:.4f}', monitor: 'val_loss' }),
    ];
    const history = await fit(model, { ...runOptions(), callbacks });
    const bestOf = (epochs: typeof history.epochs) =>
      epochs.reduce((best, each) => (each.metrics['valLoss']! < best.metrics['valLoss']! ? each : best));
    const nameOf = ({ epoch, metrics }: EpochRecord) =>
      `tiny.${`${epoch + 1}`.padStart(3, '0')}-${metrics['valAccuracy']!.toFixed(4)}.safetensors`;
    const best = bestOf(history.epochs);
    const name = nameOf(best);
    const names = new Set([name, nameOf(bestOf(history.epochs.slice(0, -1)))]);
    expect(await readdir(directory)).toEqual(['last-1.safetensors', 'last.safetensors', ...names].sort());

    const other = tinyModel({ seed: 99 });
    const found = await loadBestWeights(directory, other);
    expect(found).toEqual({ path: join(directory, name), epoch: best.epoch, metrics: best.metrics });
    expect((await evaluate(other, validation)).loss).toBeCloseTo(best.metrics['valLoss']!, 6);
    model.dispose();
    other.dispose();
  });

  it.each([
    ['.h5', 'layer_names'],
    ['.weights.h5', 'vars'],
    ['.keras', 'model.weights.h5'],
  ])("keeps the best epoch in the layout of Keras' %s", async (ending, mark) => {
    const directory = place();
    const model = tinyModel();
    const callbacks = [checkpoint({ directory, pattern: `tiny.{epoch:03d}-{val_acc}${ending}` })];
    await fit(model, { ...runOptions(), callbacks });
    const other = tinyModel({ seed: 99 });
    const { path, epoch, metrics } = await loadBestWeights(directory, other);
    const accuracy = metrics['valAccuracy']!;
    const text = Number.isInteger(accuracy) ? `${accuracy}.0` : `${accuracy}`;
    expect(basename(path)).toBe(`tiny.00${epoch + 1}-${text}${ending}`);
    expect((await readFile(path)).includes(mark)).toBe(true);
    expect((await evaluate(other, validation)).loss).toBeCloseTo(metrics['valLoss']!, 6);
    model.dispose();
    other.dispose();
  });

  it('keeps as many of the best epochs as it is asked to', async () => {
    const directory = place();
    const model = tinyModel();
    const callbacks = [
      checkpoint({ directory, pattern: '{epoch}', monitor: 'loss', keep: 3, keepStates: 1 }),
    ];
    const { epochs } = await fit(model, { ...runOptions(), epochs: 6, callbacks });
    const best = [...epochs]
      .sort((left, right) => left.metrics['loss']! - right.metrics['loss']!)
      .slice(0, 3);
    const names = best.map(({ epoch }) => `${epoch + 1}.safetensors`);
    expect(await readdir(directory)).toEqual([...names, 'last.safetensors'].sort());
    expect((await loadBestWeights(directory, model)).epoch).toBe(best[0]!.epoch);
    model.dispose();
  });

  it('refuses a pattern with an unknown field before any training and lists the fields', async () => {
    const directory = place();
    const model = tinyModel();
    const before = weightValues(model);
    const callbacks = [checkpoint({ directory, pattern: '{epoch}-{valAcuracy}' })];
    await expect(fit(model, { ...runOptions(), callbacks })).rejects.toThrow(
      /epoch, step, loss, accuracy, learningRate, valLoss, valAccuracy.*Did you mean 'valAccuracy'/,
    );
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });

  it('sets an earlier run aside when a new one begins in its folder', async () => {
    const directory = place();
    for (let run = 0; run < 2; run++) {
      const model = tinyModel();
      await fit(model, { ...runOptions(), epochs: 1, callbacks: [checkpoint({ directory, keep: 'none' })] });
      model.dispose();
    }
    expect(await readdir(directory)).toEqual(['last.safetensors', 'previous.safetensors']);
  });

  it('leaves a model alone whose weights are not those of the checkpoint', async () => {
    const directory = place();
    const model = tinyModel();
    await fit(model, { ...runOptions(), epochs: 1, callbacks: [checkpoint({ directory })] });
    model.dispose();
    const other = tinyModel({ classes: 4 });
    const before = weightValues(other);
    await expect(loadCheckpoint(directory, other)).rejects.toMatchObject({
      code: 'weights-mismatch',
      message: expect.stringContaining("'predictions/kernel' has shape [64, 3] instead of [64, 4]") as string,
    });
    expect(weightValues(other)).toEqual(before);
    other.dispose();
  });

  it.each([
    ['an empty file', new Uint8Array()],
    ['a page of HTML', new TextEncoder().encode('<!doctype html><title>404</title>')],
  ])('says what is wrong with %s', async (_what, bytes) => {
    const directory = place();
    await writeFile(join(directory, 'last.safetensors'), bytes);
    const model = tinyModel();
    await expect(loadCheckpoint(directory, model)).rejects.toMatchObject({ code: 'invalid-file' });
    model.dispose();
  });

  it('reads back every number it wrote, infinite ones and tensors included', async () => {
    const directory = place();
    const path = join(directory, 'state.safetensors');
    const { writeTrainingState } = await import('../../src/node');
    const tensors = new Map([['a/b', { shape: [2], values: Float32Array.of(0.1, -0) }]]);
    const state: TrainingState = {
      epoch: 1,
      batch: 2,
      step: 3,
      sums: { examples: 4, loss: 0.1 + 0.2, correct: 1 },
      history: [{ epoch: 0, step: 2, metrics: { loss: Number.NaN, valLoss: Infinity }, durationMs: 0.5 }],
      weights: tensors,
      averages: new Map(),
      optimizer: new Map(),
      learningRateOverride: undefined,
      learningRateScale: 0.1,
      stopReason: undefined,
      callbacks: { one: { values: { best: -Infinity, name: 'x' }, tensors }, two: { values: null } },
      settings: { 'train.batchSize': 1, optimizer: 'sgd' },
    };
    await writeTrainingState(path, state);
    expect(await readTrainingState(path)).toEqual(state);
  });
});
