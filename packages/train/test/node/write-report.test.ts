import { readFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import type { Evaluation, History } from '../../src';
import { calibrationOf } from '../../src/metrics/calibration';
import { writeReport } from '../../src/node';

const place = temporaryDirectory();

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

const RATES = { precision: 0.5, recall: Number.NaN, f1: 0.5, rocAuc: 0.75, averagePrecision: Number.NaN };

const evaluation: Evaluation = {
  classes: ['cook', '<judge>'].map((className) => ({ className, support: 2, ...RATES })),
  averages: { macro: RATES, weighted: RATES },
  calibration: calibrationOf([0.9, 0.75, 1], (answer) => answer !== 1),
  classNames: ['cook', '<judge>'],
  exampleCount: 3,
  loss: 0.5,
  accuracy: 2 / 3,
  topK: 2,
  topKAccuracy: 1,
  confusionMatrix: [
    [1, 1],
    [0, 1],
  ],
  predictions: [
    { source: 'a/one.png', label: 0, predicted: 0, probabilities: Float32Array.of(0.9, 0.1), loss: 0.1 },
    { source: 'a/two.png', label: 0, predicted: 1, probabilities: Float32Array.of(0.25, 0.75), loss: 1.4 },
    { source: 'b/three.png', label: 1, predicted: 1, probabilities: Float32Array.of(0, 1), loss: 0 },
  ],
};

const history: History = {
  epochs: [0, 1, 2].map((epoch) => ({
    epoch,
    step: 3 * epoch + 3,
    metrics: {
      loss: 2 / (epoch + 1),
      accuracy: 0.3 * epoch,
      learningRate: 0.1,
      valLoss: Number.NaN,
      valAccuracy: 0.2,
    },
    durationMs: 1000,
  })),
  stopReason: 'finished',
};

async function report(options: Partial<Parameters<typeof writeReport>[1]> = {}): Promise<string> {
  const path = place('deep/report.html');
  await writeReport(path, {
    title: 'Professions & more',
    history,
    evaluations: [{ name: 'Held out', evaluation }],
    settings: { model: 'resnet20', seed: 1 },
    readPicture: () => Promise.resolve(PNG),
    ...options,
  });
  return readFile(path, 'utf8');
}

const textOf = (page: string): string => page.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('writeReport', () => {
  it('writes one page that loads nothing from outside', async () => {
    const page = await report();
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain("default-src 'none'");
    const links = [...page.matchAll(/\b(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]*)/g)].map(
      (match) => match[1]!,
    );
    expect(links.length).toBeGreaterThan(0);
    expect(links.every((link) => link.startsWith('data:image/png;base64,'))).toBe(true);
    expect(page).not.toMatch(/<script/);
  });

  it('escapes titles and class names', async () => {
    const page = await report();
    expect(page).toContain('<h1>Professions &amp; more</h1>');
    expect(page).toContain('&lt;judge&gt;');
    expect(page).not.toContain('<judge>');
  });

  it('shows wrong predictions only, with picture, both classes and their probabilities', async () => {
    const page = await report();
    expect(page.match(/<img\s/g)).toHaveLength(1);
    expect(page).toContain('two.png');
    expect(page).not.toContain('three.png');
    expect(page).toMatch(/judge&gt; <b>75\.0 %<\/b>[\s\S]*cook <b>25\.0 %<\/b>/);
  });

  it('shows rates of each class and on average, the calibration, and what is confused', async () => {
    const page = await report();
    const text = textOf(page);
    expect(text).toContain('&lt;judge&gt; 2 50.0 % – 50.0 % 0.750 –');
    expect(text).toContain('mean of the classes 3 50.0 %');
    expect(text).toContain('1 answers at 75.0 % on average, 0.0 % right');
    expect(text).toMatch(/calibration error: 28\.3 %/);
    expect(text).toContain('cook taken for &lt;judge&gt; 1 50.0 %');
  });

  it('points out the best epoch, the given one or that of the highest validation accuracy', async () => {
    expect(await report()).toContain('Best epoch: 1 of 3, the dashed line, validation accuracy 20.0 %');
    const page = await report({ bestEpoch: 2 });
    expect(page.match(/<title>best epoch: 3<\/title>/g)).toHaveLength(3);
  });

  it('draws a loss that spans decades on a logarithmic axis, and others on a linear one', async () => {
    const falling = [3, 0.4, 0.02].map((loss, epoch) => ({
      ...history.epochs[0]!,
      epoch,
      metrics: { loss },
    }));
    const page = await report({ history: { epochs: falling } });
    expect(page).toContain('Loss, logarithmic');
    const ticks = [...page.matchAll(/text-anchor="end"\s*>([\d.]+)<\/text/g)].map(([, text]) => text);
    expect(ticks).toEqual(['0.02', '0.05', '0.1', '0.2', '0.5', '1', '2', '5']);
    expect(await report()).not.toContain('logarithmic');
    const zero = falling.map((epoch) => ({ ...epoch, metrics: { loss: 0.5 * epoch.epoch } }));
    expect(await report({ history: { epochs: zero } })).not.toContain('logarithmic');
  });

  it('says where the time went, and on what it was computed', async () => {
    const phases = { trainMs: 45_000, dataMs: 5000, validationMs: 10_000 };
    const text = textOf(
      await report({
        history: { epochs: history.epochs.map((epoch) => ({ ...epoch, phases })) },
        environment: { zoo: '1.2.3' },
      }),
    );
    expect(text).toContain(
      'training steps 2:15 75.0 % waiting for pictures 0:15 8.3 % validation 0:30 16.7 %',
    );
    expect(text).toContain(`zoo 1.2.3 TensorFlow.js ${tf.version_core}`);
    expect(text).toContain(`Node.js ${process.version}`);
  });

  it('shows settings in the order given, with what they mean', async () => {
    const settings = { seed: 1, model: 'resnet20', constructor: 'none' };
    const text = textOf(await report({ settings, meanings: { model: 'network of <the> family' } }));
    expect(text).toContain(
      'Settings seed 1 model resnet20 network of &lt;the&gt; family constructor none Environment',
    );
  });

  it('shows where a wrong picture speaks for what was said', async () => {
    const explained: string[] = [];
    const page = await report({
      explainPicture: ({ source }) => {
        explained.push(source);
        return Promise.resolve(PNG);
      },
    });
    expect(explained).toEqual(['a/two.png']);
    expect(page.match(/<img\s/g)).toHaveLength(2);
    expect(page).toContain('alt="Heat map of where it speaks for &lt;judge&gt;"');
    expect(page).toContain('Grad-CAM');
    const without = await report({ explainPicture: () => Promise.resolve(undefined) });
    expect(without).not.toContain('Grad-CAM');
  });

  it('draws finite values and leaves out the others', async () => {
    const page = await report();
    expect(page).toContain('training, epoch 1: 2');
    expect(page).not.toContain('validation, epoch 1: NaN');
    expect(page).not.toMatch(/points="[^"]*NaN/);
  });

  it.each([
    ['is no picture', () => Promise.resolve(Buffer.from('<svg onload="alert(1)"/>'))],
    ['is not there', undefined],
  ])('says so where a source %s', async (_what, readPicture) => {
    const page = await report(
      readPicture === undefined ? { readPicture: () => Promise.resolve(undefined) } : { readPicture },
    );
    expect(page).toContain('no picture');
    expect(page).not.toMatch(/<img\s/);
  });
});
