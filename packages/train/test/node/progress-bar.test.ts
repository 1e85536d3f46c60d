import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import type { Callback, StepRecord, TrainingRun } from '../../src';
import { progressBar } from '../../src/node';

const METRICS = { loss: 1.25, accuracy: 0.5, learningRate: 0.1, valLoss: 1.5, valAccuracy: 0.25 };

/** Runs two epochs of four steps of 8 pictures, a second each, and a second of validation; returns what was written. */
async function watch(options: { isTTY: boolean; lineIntervalMs?: number; style?: 'keras' }): Promise<string> {
  let time = 0;
  const stream = Object.assign(new PassThrough(), { isTTY: options.isTTY, columns: 120 });
  const callback = progressBar({
    stream,
    now: () => time,
    ...(options.lineIntervalMs === undefined ? {} : { lineIntervalMs: options.lineIntervalMs }),
    ...(options.style && { style: options.style }),
  });
  for (let epoch = 0; epoch < 2; epoch++) {
    const run = { epoch, epochs: 2, batch: 0, batchesPerEpoch: 4, metricNames: Object.keys(METRICS) };
    await tell(callback, 'onEpochBegin', run);
    for (let batch = 1; batch <= 4; batch++) {
      time += 1000;
      const step = {
        examples: 8,
        loss: 1,
        accuracy: 0.5,
        epochSoFar: { loss: 1.25, accuracy: 0.5, examples: 8 * batch },
      };
      await callback.onStepEnd!({ ...run, batch } as unknown as TrainingRun, step as StepRecord);
    }
    time += 1000;
    const record = { epoch, step: 4 * epoch + 4, metrics: METRICS, durationMs: 5000 };
    await callback.onEpochEnd!(run as unknown as TrainingRun, record);
    await callback.onEpochSettled!(run as unknown as TrainingRun, record);
  }
  await callback.onSettled!();
  return String(stream.read() as unknown);
}

async function tell(callback: Callback, hook: 'onEpochBegin', run: object): Promise<void> {
  await callback[hook]!(run as TrainingRun);
}

const EPOCH_LINE =
  'loss 1.2500  accuracy 50.0 %  learning rate 0.1  validation loss 1.5000  validation accuracy 25.0 %  8.0 images/s  0:05\n';

describe('progressBar', () => {
  it('writes one plain line an epoch where there is no terminal', async () => {
    expect(await watch({ isTTY: false })).toBe(`Epoch 1/2  ${EPOCH_LINE}Epoch 2/2  ${EPOCH_LINE}`);
  });

  it('writes lines within long epochs where there is no terminal', async () => {
    const lines = (await watch({ isTTY: false, lineIntervalMs: 2000 })).split('\n');
    // Two steps are left of epoch 1 and four of epoch 2; validation has not been timed yet.
    expect(lines[0]).toBe(
      'Epoch 1/2  2/4  8.0 images/s  loss 1.2500  accuracy 50.0 %  0:02 left, 0:06 in all',
    );
    // In epoch 2 the second of validation is known.
    expect(lines[2]).toBe(
      'Epoch 2/2  2/4  8.0 images/s  loss 1.2500  accuracy 50.0 %  0:02 left, 0:03 in all',
    );
    expect(lines).toHaveLength(5);
  });

  it('draws a bar in a terminal and leaves one line an epoch', async () => {
    const written = await watch({ isTTY: true });
    expect(written).toContain('\u001b[');
    expect(written).toMatch(/Epoch 1\/2 .*0\/4/);
    expect(written).toContain(`Epoch 1/2  ${EPOCH_LINE}`);
    expect(written).toContain(`Epoch 2/2  ${EPOCH_LINE}`);
    expect(written).not.toContain('\u001b[?25l');
  });

  it("writes Keras' line an epoch where there is no terminal", async () => {
    const line =
      '4/4 - 5s - 1s/step - accuracy: 0.5000 - loss: 1.2500 - val_accuracy: 0.2500 - val_loss: 1.5000 - learning_rate: 0.1000\n';
    expect(await watch({ isTTY: false, style: 'keras' })).toBe(`Epoch 1/2\n${line}Epoch 2/2\n${line}`);
  });

  it("draws Keras' bar over itself in a terminal, and leaves each epoch's last", async () => {
    const written = await watch({ isTTY: true, style: 'keras' });
    const lines = written.replace(/\u001b\[\d+m/g, '').split('\n');
    expect(lines[1]!.split('\r').map((line) => line.trim())).toEqual([
      '',
      ...[1, 2, 3, 4].map(
        (step) => `${step}/4 ${'━'.repeat(20)} ${4 - step}s 1s/step - accuracy: 0.5000 - loss: 1.2500`,
      ),
      `4/4 ${'━'.repeat(20)} 5s 1s/step - accuracy: 0.5000 - loss: 1.2500 - val_accuracy: 0.2500 - val_loss: 1.5000 - learning_rate: 0.1000`,
    ]);
    expect(written.endsWith('\n')).toBe(true);
  });
});
