import { spawnSync } from 'node:child_process';

import { createRandom } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { buildProgram, launch, OPEN_MPI, type Launched } from '../../../test-support/launch-mpi';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { isTensorFlowHere } from '../../engine/test/tensorflow-here';
import { isWebgpuAbsent, WEBGPU_NOTE } from '../../engine/webgpu/webgpu-here';
import { readTrainingState } from '../src/node';

import type { TrainingAnswer, TrainingRequest } from './training-program';

const place = temporaryDirectory();

/** How often a rank is killed: `ZOO_KILLS=20` for all of them, fewer in CI. */
const KILLS = Number(process.env['ZOO_KILLS'] ?? 3);

const absent = spawnSync(OPEN_MPI.command, ['--version']).error !== undefined;
if (absent)
  console.warn(`Skips training on several ranks: there is no ${OPEN_MPI.command}. Install it with apt-get.`);

let program: string;

beforeAll(async () => {
  const { path, remove } = await buildProgram(new URL('training-program.ts', import.meta.url));
  program = path;
  return remove;
});

function run(
  ranks: number,
  request: TrainingRequest,
  environment: Readonly<Record<string, string>> = {},
): Promise<Launched<TrainingAnswer>> {
  const args = ['-n', `${ranks}`, process.execPath, program, JSON.stringify(request)];
  return launch(OPEN_MPI.command, [...OPEN_MPI.flags, ...args], { environment });
}

/** Answers of all ranks of a run that ended by itself, which hold the same weights and have seen the same losses. */
async function train(ranks: number, request: TrainingRequest): Promise<TrainingAnswer> {
  const { code, reports, errors } = await run(ranks, request);
  expect({ code, ranks: reports.length }, errors).toEqual({ code: 0, ranks });
  const [first] = reports;
  for (const { losses, metrics, weights, error, tensors } of reports) {
    expect({ losses, metrics, weights, error, tensors }).toEqual({
      losses: first!.losses,
      metrics: first!.metrics,
      weights: first!.weights,
      error: undefined,
      tensors: 0,
    });
  }
  return first!;
}

function expectClose(actual: readonly number[], expected: readonly number[], relative: number): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, index) => {
    expect(Math.abs(value - expected[index]!) / Math.abs(expected[index]!)).toBeLessThan(relative);
  });
}

const SHORT: TrainingRequest = { examples: 18, batchSize: 8, epochs: 2, learningRate: 1e-4 };

describe.skipIf(absent)('fit on several ranks', () => {
  it('gives the losses of one process for 30 steps, and the same weights on all ranks', async () => {
    const request = { examples: 960, batchSize: 32, epochs: 1, syncBatchNorm: true, learningRate: 1e-4 };
    const one = await train(1, request);
    expect(one.losses).toHaveLength(30);
    expect(one.losses.at(-1)! / one.losses[0]!).toBeLessThan(0.8);
    for (const ranks of [2, 4]) expectClose((await train(ranks, request)).losses, one.losses, 1e-5);
  }, 300_000);

  it.each([
    { what: 'and validates', more: { validation: true } },
    { what: 'with gradients of several batches an update', more: { accumulateSteps: 2 } },
    { what: 'with activations computed again', more: { recomputeActivations: true } },
    { what: 'from the weights of rank 0', more: { ownSeeds: true } },
  ])('trains as one process where ranks have no part of a batch, $what', async ({ more }) => {
    const request = { ...SHORT, syncBatchNorm: true, ...more };
    const one = await train(1, request);
    // Of the last batch's two examples ranks 0 and 2 of four have none.
    const four = await train(4, request);
    expectClose(four.losses, one.losses, 1e-5);
    four.metrics.forEach((metrics, epoch) =>
      expectClose(Object.values(metrics), Object.values(one.metrics[epoch]!), 1e-5),
    );
    expect(four.stopReason).toBe(one.stopReason);
  });

  it.each<Partial<TrainingRequest>>([
    { more: { focal: { gamma: 2 }, labelSmoothing: 0.1 } },
    { more: { loss: 'binaryCrossEntropy', focal: { alpha: 0.3 }, classWeights: [1, 2, 0.5] } },
    { more: { clipGradients: { globalNorm: 0.5 } } },
    { more: { clipGradients: { value: 0.01 } } },
    { more: { clipGradients: { adaptive: 0.01 } } },
    { more: { averageWeights: { decay: 0.9 } } },
    { more: { averageWeights: { fromEpoch: 0 } } },
    {
      more: {
        freezing: [
          { fromEpoch: 0, frozen: 'conv3_block1_out' },
          { fromEpoch: 1, frozen: null },
        ],
      },
    },
    { more: { initialEpoch: 1, validationFrequency: 2 } },
    { with: 'layerDecay' },
    { with: 'lookahead' },
    { with: 'scheduleFree' },
    { with: 'sampleWeights' },
    { with: 'distillation' },
  ])('trains as one process with %j', async (recipe) => {
    const request = {
      ...SHORT,
      // Rounding grows with the steps and their length.
      learningRate: 5e-4,
      syncBatchNorm: true,
      validation: true,
      ...recipe,
    };
    const one = await train(1, request);
    const two = await train(2, request);
    expectClose(two.losses, one.losses, 1e-4);
    two.metrics.forEach((metrics, epoch) =>
      expectClose(Object.values(metrics), Object.values(one.metrics[epoch]!), 1e-4),
    );
  });

  it.each([
    { what: 'statistics of each rank, averaged', more: {} },
    { what: 'statistics of each rank, and several batches an update', more: { accumulateSteps: 2 } },
    { what: 'bfloat16 on the way', more: { exchangeType: 'bfloat16' as const, syncBatchNorm: true } },
    { what: 'float16 on the way', more: { exchangeType: 'float16' as const, syncBatchNorm: true } },
  ])('ends with the same weights on all ranks, moving averages included: $what', async ({ more }) => {
    const request = { ...SHORT, ...more };
    const one = await train(1, request);
    const four = await train(4, request);
    // The first step's loss is before any update.
    if ('syncBatchNorm' in more) {
      expectClose(four.losses.slice(0, 1), one.losses.slice(0, 1), 1e-5);
      expectClose(four.losses, one.losses, 0.02);
    }
    expect(four.steps).toBe(one.steps);
  });

  it('goes on from the checkpoint of another number of ranks', async () => {
    const directory = place();
    const request = { ...SHORT, epochs: 3, syncBatchNorm: true };
    const one = await train(1, request);
    const stopped = await run(2, {
      ...request,
      directory,
      event: { rank: 1, step: 4, what: 'abort' },
    });
    expect(stopped.code, stopped.errors).toBe(0);
    const { losses } = await train(4, { ...request, directory });
    expectClose([...stopped.reports[0]!.losses, ...losses], one.losses, 1e-5);
  });
});

describe.skipIf(absent || isWebgpuAbsent)(`fit on several ranks on webgpu${WEBGPU_NOTE}`, () => {
  const request: TrainingRequest = {
    network: 'resnet8',
    examples: 12,
    batchSize: 4,
    epochs: 1,
    learningRate: 1e-3,
  };

  it('gives the losses of one process', async () => {
    const one = await train(1, { ...request, frozenBatchNorms: true });
    const two = await train(2, { ...request, frozenBatchNorms: true, engine: 'webgpu' });
    expectClose(two.losses, one.losses, 1e-5);
  });

  it('gives the losses of as many ranks on wasm, where each normalises by its own statistics', async () => {
    const expected = await train(2, request);
    const actual = await train(2, { ...request, engine: 'webgpu' });
    expectClose(actual.losses, expected.losses, 1e-5);
  });
});

const withoutTensorFlow = !isTensorFlowHere();

describe.skipIf(absent || withoutTensorFlow)('fit on several ranks on tensorflow', () => {
  it('gives the losses of one process', async () => {
    const request: TrainingRequest = { ...SHORT, syncBatchNorm: true, engine: 'tensorflow' };
    const one = await train(1, request);
    for (const ranks of [2, 3]) expectClose((await train(ranks, request)).losses, one.losses, 1e-5);
  });
});

describe.skipIf(absent)('engines of ranks', () => {
  it('are of one kind, or no rank begins', async () => {
    const { reports, errors } = await run(2, { ...SHORT, engine: ['wasm', 'cpu'] });
    const message = expect.stringContaining('rank 0 computes on wasm and rank 1 on cpu.') as unknown;
    expect(
      reports.map(({ error }) => error),
      errors,
    ).toEqual([message, message]);
  });

  it('can be read in the middle of a step, where batch normalisation is that of all ranks', async () => {
    const request: TrainingRequest = { ...SHORT, network: 'resnet8', engine: 'webgpu', syncBatchNorm: true };
    const { reports, errors } = await run(2, request, { ZOO_GPU: 'null' });
    const message = expect.stringContaining('Leave out `syncBatchNorm`') as unknown;
    expect(
      reports.map(({ error }) => error),
      errors,
    ).toEqual([message, message]);
  });
});

describe.skipIf(absent)('what happens on one rank', () => {
  it.each(['stop', 'abort'] as const)('%s: all ranks end at the same step', async (what) => {
    const directory = place();
    const { code, reports, errors } = await run(2, {
      ...SHORT,
      directory,
      event: { rank: 1, step: 4, what },
    });
    expect(code, errors).toBe(0);
    expect(reports.map(({ losses }) => losses.length)).toEqual([4, 4]);
    expect(reports[1]!.weights).toBe(reports[0]!.weights);
    const words = (name: 'stopReason' | 'error') => reports.map((report) => report[name]);
    if (what === 'stop') {
      expect(words('stopReason')).toEqual(['rank 1 has had enough', 'rank 1 has had enough']);
    } else {
      expect(words('error')).toEqual([
        'Rank 1 of 2 was asked to stop, and with it all ranks have.',
        'SIGTERM',
      ]);
      expect((await readTrainingState(`${directory}/last.safetensors`)).step).toBe(4);
    }
  });

  it("takes rank 0's learning rate to all ranks", async () => {
    const event = { rank: 0, step: 1, what: 'learningRate' } as const;
    const { metrics } = await train(2, { ...SHORT, epochs: 1, event });
    expect(metrics[0]!['learningRate']).toBe(0.5);
  });

  it('ends all ranks with one error at a loss that is not finite, in the words of the rank that has it', async () => {
    const { reports } = await run(2, { ...SHORT, event: { rank: 1, step: 2, what: 'notFinite' } });
    for (const { error } of reports)
      expect(error).toMatch(/^On rank 1 of 2: The loss of step 3.* the weight '/);
  });

  it('refuses to begin where a rank is set up in another way, and says how', async () => {
    const { reports } = await run(2, { ...SHORT, event: { rank: 1, step: 0, what: 'otherSettings' } });
    const words = 'Expected rank 1 to be set up as rank 0 but `seed` is 7 and on rank 0 0.';
    expect(reports.map(({ error }) => error)).toEqual([
      expect.stringContaining(`Rank 1 could not begin: ${words}`),
      expect.stringContaining(words),
    ]);
  });

  it('names the weight that differs between ranks at the end of the epoch', async () => {
    const { reports } = await run(2, { ...SHORT, event: { rank: 1, step: 3, what: 'changeWeight' } });
    for (const { error, losses } of reports) {
      expect(error).toMatch(/^After epoch 1 the weight '\S+' differs between rank 0 and rank 1\./);
      expect(losses).toHaveLength(3);
    }
  });

  it('shows who is slow', async () => {
    const { work } = await train(3, { ...SHORT, epochs: 1, event: { rank: 1, step: 1, what: 'slow' } });
    const times = work[0]!.map(({ workMs }) => workMs);
    expect(times[1]! - Math.max(times[0]!, times[2]!)).toBeGreaterThan(300);
  });

  it(`ends all within seconds when one is killed, at ${KILLS} moments, and goes on from a whole checkpoint`, async () => {
    const directory = place();
    const random = createRandom(5);
    let step = 0;
    const request = { ...SHORT, epochs: 3 * KILLS, directory };
    for (let kill = 0; kill < KILLS; kill++) {
      const event = { rank: random.integer(0, 1), step: step + random.integer(1, 4), what: 'kill' } as const;
      const { code, errors, seconds } = await run(2, { ...request, event });
      expect(code, errors).toBe(137);
      expect(errors).toContain(`rank ${event.rank} `);
      expect(seconds).toBeLessThan(30);
      const state = await readTrainingState(`${directory}/last.safetensors`).catch(() => undefined);
      // The step at which it was killed may or may not have been written; none before it is lost.
      expect(state?.step ?? 0).toBeGreaterThanOrEqual(Math.max(step, event.step - 2));
      step = state?.step ?? 0;
    }
    const { steps } = await train(2, request);
    expect(steps).toBe(9 * KILLS);
  }, 600_000);
});
