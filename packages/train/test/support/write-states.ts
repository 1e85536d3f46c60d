import type { TrainingState } from '../../src';
import { writeTrainingState } from '../../src/node';

/** Writes state after state, each all of one number, until it is killed: the child process of kill.test.ts. */
const [, , path] = process.argv;
for (let step = 1; ; step++) {
  const values = new Float32Array(300_000).fill(step);
  const state: TrainingState = {
    epoch: 0,
    batch: 0,
    step,
    sums: { examples: 0, loss: 0, correct: 0 },
    history: [],
    weights: new Map([['weight', { shape: [values.length], values }]]),
    averages: new Map(),
    optimizer: new Map(),
    learningRateOverride: undefined,
    learningRateScale: 1,
    stopReason: undefined,
    callbacks: {},
    settings: {
      batchSize: 1,
      exampleCount: 1,
      accumulateSteps: 1,
      seed: 0,
      optimizer: 'sgd',
      averageDecay: null,
    },
  };
  await writeTrainingState(path!, state);
  process.stdout.write(`${step}\n`);
}
