import * as tfl from '@tensorflow/tfjs-layers';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { cifarResnet } from '@zoo/resnet';
import { openCommunicator, type Communicator } from '@zoo/train/distributed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  evenBatchSize,
  largestUseful,
  withBatchSize,
  type AutomaticBatchParts,
} from '../src/training/automatic-batch-size';
import { newTrainSettings } from '../src/training/train-settings';

import { recordedIo } from './recorded-io';

const MIB = 2 ** 20;
const given = { folder: '/pictures', model: 'resnet20', imageSize: [16, 16] } as const;

let engine: SelectedEngine;
let ranks: Communicator;

beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', threads: 1 });
  ranks = await openCommunicator();
});
afterAll(() => engine.dispose());

/** What `auto` becomes for ResNet-20 on so many pictures of 16 pixels, and what is said of it. */
async function found(changes: Partial<AutomaticBatchParts>): Promise<{ batchSize: number; said: string }> {
  const { model = cifarResnet(20, { classes: 3, inputShape: [16, 16, 3] }) } = changes;
  const io = recordedIo();
  const settings = newTrainSettings({ ...given, batchSize: 'auto' });
  const { batchSize } = await withBatchSize(
    { settings, pictures: 100_000, ranks, engine, ...changes, model },
    io,
  ).finally(() => model.dispose());
  return { batchSize, said: io.errors() };
}

const limited = (mebibytes: number) => ({ name: 'wasm', memoryBytes: mebibytes * MIB }) as const;

describe('a batch size of auto', () => {
  it('is what fits into the memory, rounded down', async () => {
    const [small, large] = [await found({ engine: limited(40) }), await found({ engine: limited(80) })];
    expect(large.batchSize).toBeGreaterThan(small.batchSize);
    expect(large.batchSize).toBe(evenBatchSize(large.batchSize));
    const fits = Number(/^batch size: \d+ \(up to (\d+) at once fit into 80 MiB\)$/m.exec(large.said)?.[1]);
    expect(large.batchSize).toBe(evenBatchSize(fits));
  });

  it('is 256 at most, whatever the memory', async () => {
    expect((await found({})).batchSize).toBe(256);
  });

  it('leaves an epoch its updates', async () => {
    expect((await found({ pictures: 1600 })).batchSize).toBe(96);
  });

  it('leaves room for gradients that are added up and averages of the weights', async () => {
    const settings = newTrainSettings({ ...given, batchSize: 'auto', accumulateSteps: 2, emaDecay: 0.99 });
    const upTo = async (changes: Partial<AutomaticBatchParts>) =>
      Number(/up to (\d+)/.exec((await found({ engine: limited(60), ...changes })).said)![1]);
    expect(await upTo({ settings })).toBeLessThan(await upTo({}));
  });

  it('is found for the largest of the sizes that pictures have in turn', async () => {
    const growing = (size: number) =>
      found({
        engine: limited(80),
        model: cifarResnet(20, { classes: 3, inputTensor: tfl.input({ shape: [null, null, 3] }) }),
        settings: newTrainSettings({
          ...given,
          batchSize: 'auto',
          imageSizeByEpoch: [{ epochs: 1, imageSize: [size, size] }],
        }),
      });
    expect((await growing(32)).batchSize).toBeLessThan((await growing(8)).batchSize);
  });

  it('is one number on all ranks, of which the smallest memory decides', async () => {
    const others: unknown[] = ['another machine', 10];
    const two: Communicator = {
      ...ranks,
      size: 2,
      gatherValues: <Value>(value: Value) => Promise.resolve([value, others.shift() as Value]),
    };
    expect((await found({ ranks: two })).batchSize).toBe(16);
  });

  it('is a number as it was given, which nothing is measured for', async () => {
    const settings = newTrainSettings({ ...given, batchSize: 7 });
    expect(await found({ settings, engine: { name: 'webgpu', memoryBytes: undefined } })).toEqual({
      batchSize: 7,
      said: '',
    });
  });

  it('asks for the memory of a card, which its engine does not tell', async () => {
    await expect(found({ engine: { name: 'webgpu', memoryBytes: undefined } })).rejects.toThrow(
      'Expected a number on webgpu, which does not tell how much memory its card has, for `--batch-size` but received "auto". Or give --memory, in MiB.',
    );
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [5, 4],
    [7.9, 6],
    [95, 64],
    [96, 96],
    [127, 96],
    [256, 256],
  ])('of at most %d is %d', (most, even) => {
    expect(evenBatchSize(most)).toBe(even);
  });

  it.each([
    [20, 32],
    [512, 32],
    [1024, 64],
    [100_000, 256],
  ])('for %d pictures is at most %d', (pictures, most) => {
    expect(largestUseful(pictures)).toBe(most);
  });
});
