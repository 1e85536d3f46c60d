import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { ClassRates } from '../../src';
import { calibrationOf } from '../../src/metrics/calibration';
import { classScores } from '../../src/metrics/class-scores';
import { fitTemperature } from '../../src/metrics/fit-temperature';
import { indexOfMaximum } from '../../src/metrics/ranked-classes';

interface GoldenCase {
  readonly classes: Record<keyof ClassRates, number[]>;
  readonly macro: ClassRates;
  readonly weighted: ClassRates;
  readonly calibrationError: number;
  readonly fit: { temperature: number; loss: number; lossBefore: number };
}

/** Written by scripts/golden/train-metrics.py. */
const GOLDEN = JSON.parse(
  readFileSync(new URL('../fixtures/metrics.json', import.meta.url), 'utf8'),
) as Record<'several' | 'two' | 'multiLabel', GoldenCase>;

const EXAMPLES = 97;
const indices = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** The script's formula. [examples][classes] */
function logitsOf(classes: number, phase: number): number[][] {
  return indices(EXAMPLES).map((example) =>
    indices(classes).map(
      (label) => roundHalfToEven(4 * Math.sin(1.7 * (example * classes + label) + phase)) / 2,
    ),
  );
}

function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function softmax(row: readonly number[]): Float32Array {
  const most = Math.max(...row);
  const shares = row.map((logit) => Math.exp(logit - most));
  const total = shares.reduce((sum, share) => sum + share);
  return Float32Array.from(shares, (share) => share / total);
}

const predictedOf = (row: Float32Array): number => indexOfMaximum(row, 0, row.length);

/** What is true and what is said of each example, as 0 and 1. [examples][classes] */
function scoresOf(probabilities: Float32Array[], truth: number[][], said: number[][]) {
  const classes = truth[0]!.length;
  const count = (isCounted: (example: number, label: number) => boolean) =>
    indices(classes).map((label) => indices(EXAMPLES).filter((example) => isCounted(example, label)).length);
  const holds = (example: number, label: number): boolean => truth[example]![label] === 1;
  const says = (example: number, label: number): boolean => said[example]![label] === 1;
  const [support, predicted] = [count(holds), count(says)];
  const correct = count((example, label) => holds(example, label) && says(example, label));
  return classScores({
    classNames: indices(classes).map(String),
    counts: indices(classes).map((label) => ({
      support: support[label]!,
      predicted: predicted[label]!,
      correct: correct[label]!,
    })),
    probabilities,
    isOf: holds,
  });
}

const oneHot = (label: number, classes: number): number[] =>
  indices(classes).map((index) => Number(index === label));

function ofOneClass(classes: number, phase: number) {
  const logits = logitsOf(classes, phase);
  const probabilities = logits.map(softmax);
  const labels = logits.map((row, example) =>
    example % 3 === 0 ? Math.floor(example / 3) % classes : row.indexOf(Math.max(...row)),
  );
  const truth = labels.map((label) => oneHot(label, classes));
  const said = probabilities.map((row) => oneHot(predictedOf(row), classes));
  const calibration = calibrationOf(
    probabilities.map((row) => row[predictedOf(row)]!),
    (answer) => labels[answer] === predictedOf(probabilities[answer]!),
  );
  return { logits, truth, calibration, ...scoresOf(probabilities, truth, said) };
}

function ofEachClass(classes: number, phase: number) {
  const logits = logitsOf(classes, phase);
  const probabilities = logits.map((row) => Float32Array.from(row, (logit) => 1 / (1 + Math.exp(-logit))));
  const truth = logits.map((row, example) =>
    row.map((logit, label) => Number(logit > 0 !== ((example * classes + label) % 4 === 0))),
  );
  const said = probabilities.map((row) => [...row].map((share) => Number(share >= 0.5)));
  const calibration = calibrationOf(
    probabilities.flatMap((row) => [...row]),
    (answer) => truth.flat()[answer] === 1,
  );
  return { logits, truth, calibration, ...scoresOf(probabilities, truth, said) };
}

function expectRates(actual: ClassRates, golden: ClassRates): void {
  for (const [name, value] of Object.entries(golden)) {
    expect(actual[name as keyof ClassRates], name).toBeCloseTo(value as number, 12);
  }
}

describe.each([
  ['several', ofOneClass(4, 0.3), 'softmax'],
  ['two', ofOneClass(2, 1.1), 'softmax'],
  ['multiLabel', ofEachClass(3, 0.7), 'multiLabel'],
] as const)('metrics of %s classes', (name, ours, kind) => {
  const golden = GOLDEN[name];

  it("are scikit-learn's for each class and on average", () => {
    ours.classes.forEach((scores, label) => {
      for (const [rate, values] of Object.entries(golden.classes)) {
        expect(scores[rate as keyof ClassRates], rate).toBeCloseTo(values[label]!, 12);
      }
    });
    expectRates(ours.averages.macro, golden.macro);
    expectRates(ours.averages.weighted, golden.weighted);
  });

  it('have the calibration error of its definition', () => {
    expect(ours.calibration.error).toBeCloseTo(golden.calibrationError, 6);
    const counts = ours.calibration.bins.map(({ count }) => count);
    expect(counts.reduce((sum, count) => sum + count)).toBe(
      kind === 'softmax' ? EXAMPLES : EXAMPLES * ours.classes.length,
    );
  });

  it("have PyTorch's best temperature, over batches of any size", () => {
    const { logits, truth } = ours;
    const batch = (from: number, to: number) => ({
      logits: Float32Array.from(logits.slice(from, to).flat()),
      labels: Float32Array.from(truth.slice(from, to).flat()),
    });
    const fit = fitTemperature([batch(0, 40), batch(40, 41), batch(41, EXAMPLES)], logits[0]!.length, kind)!;
    expect(fit.temperature).toBeCloseTo(golden.fit.temperature, 6);
    expect(fit.loss).toBeCloseTo(golden.fit.loss, 9);
    expect(fit.lossBefore).toBeCloseTo(golden.fit.lossBefore, 9);
  });
});
