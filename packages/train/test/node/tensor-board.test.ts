import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, type BatchSource } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import { fit, sgd, type Callback } from '../../src';
import { tensorBoard, type TensorBoardOptions } from '../../src/node';
import { crc32c } from '../../src/node/tensor-board/crc32c';
import { summaryRecord } from '../../src/node/tensor-board/event-record';
import { graphDefinition } from '../../src/node/tensor-board/graph-definition';
import { histogramValue, scalarValue } from '../../src/node/tensor-board/summary-values';
import { trainingPictures } from '../../src/node/tensor-board/training-pictures';
import { memorySource } from '../support/memory-source';
import { fields } from '../support/read-scalars';
import { tinyModel } from '../support/tiny-model';

const place = temporaryDirectory();

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('an event file', () => {
  it('has the checksums of RFC 3720, appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
  });

  it('frames its records by length', () => {
    const record = summaryRecord({ wallTime: 1, step: 300, values: [scalarValue('a', 0.5)] });
    expect(new DataView(record.buffer).getBigUint64(0, true)).toBe(BigInt(record.byteLength - 16));
    // step: field 2, 300 in base 128.
    expect([...record.subarray(12 + 9, 12 + 12)]).toEqual([0x10, 0xac, 0x02]);
  });
});

/** Trains two epochs of three updates; what was written, by folder, as text of one byte a character. */
async function written(options: Omit<TensorBoardOptions, 'directory'>, more: Callback[] = []) {
  const directory = place(`${Math.random()}`);
  const model = tinyModel();
  const callbacks = [tensorBoard({ directory, ...options }), ...more];
  const validation = memorySource({ seed: 2 });
  await fit(model, { train: memorySource(), validation, epochs: 2, optimizer: sgd(), callbacks });
  model.dispose();
  const read = async (part: string): Promise<string> => {
    const [file, second] = (await readdir(join(directory, part))).filter((name) => name.includes('tfevents'));
    expect(second).toBeUndefined();
    return (await readFile(join(directory, part, file!))).toString('latin1');
  };
  return { run: await read('.'), train: await read('train'), validation: await read('validation') };
}

const count = (text: string, pattern: string): number => text.split(pattern).length - 1;

describe('tensorBoard', () => {
  it('writes scalars of training and of validation, the graph and the settings', async () => {
    const { run, train, validation } = await written({ everySteps: 2 });
    expect(count(train, 'batch_loss')).toBe(3);
    expect(count(train, 'epoch_loss')).toBe(2);
    expect(count(train, 'epoch_learning_rate')).toBe(2);
    expect(count(validation, 'epoch_loss')).toBe(2);
    expect(validation).not.toContain('learning_rate');
    for (const word of ['conv', 'Conv2D', 'predictions', 'Dense']) expect(train).toContain(word);
    expect(run).toMatch(/session_start_info[\s\S]*optimizer\.name[\s\S]*session_end_info/);
    expect(train).not.toContain('histogram');
    expect(train).not.toContain('PNG');
  });

  it('writes histograms of weights and gradients in the epochs that are asked for', async () => {
    const { train } = await written({ histogramEpochs: 2, gradients: true, graph: false });
    expect(count(train, 'conv/kernel/histogram')).toBe(1);
    expect(count(train, 'predictions/bias/histogram')).toBe(1);
    expect(count(train, 'conv/kernel/gradient')).toBe(1);
    expect(train).not.toContain('Conv2D');
  });

  it('writes the first pictures of a batch, and hyperparameters of the caller', async () => {
    const source = memorySource();
    const { run, train } = await written({
      pictures: { source, count: 3 },
      hyperparameters: { recipe: 'strong', drop: 0.1, pretrained: false },
    });
    expect(count(train, '\x89PNG')).toBe(3);
    expect(run).toMatch(/recipe[\s\S]*strong/);
    expect(run).not.toContain('optimizer.name');
  });

  it('reads gradients as means over the examples of an update', async () => {
    const means: number[] = [];
    const watch: Callback = {
      name: 'watch',
      onGradients: async ({ epoch }, read) => {
        if (epoch === 0) means.push((await read()).get('predictions/bias')!.values[0]!);
      },
    };
    const model = tinyModel();
    const before = model.getLayer('predictions').getWeights()[1]!.dataSync()[0]!;
    const optimizer = sgd({ learningRate: 0.5, weightDecay: 0 });
    await fit(model, { train: memorySource(), epochs: 1, optimizer, callbacks: [watch] });
    const after = model.getLayer('predictions').getWeights()[1]!.dataSync()[0]!;
    expect(means).toHaveLength(3);
    expect(before - 0.5 * means.reduce((sum, mean) => sum + mean)).toBeCloseTo(after, 6);
    model.dispose();
  });

  it.each([
    [{ gradients: true }, /`options.histogramEpochs`/],
    [{ hyperparameters: { widths: [1, 2] as unknown as number } }, /`options.hyperparameters.widths`/],
    [{ pictures: {} as unknown as { source: BatchSource } }, /`options.pictures.source`/],
  ])('refuses %o', (options, message) => {
    expect(() => tensorBoard({ directory: place('refused'), ...options })).toThrow(message);
    expect(existsSync(place('refused'))).toBe(false);
  });
});

describe('the graph', () => {
  it('has a name of its own for each call of a layer, and what each reads', () => {
    const input = tfl.input({ shape: [3], name: 'in' });
    const shared = tfl.layers.dense({ units: 3, name: 'shared' });
    const twice = shared.apply(shared.apply(input)) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: input, outputs: twice });
    const nodes = [...fields(Buffer.from(graphDefinition(model)))].map(([, node]) =>
      [...fields(node as Buffer)]
        .filter(([field]) => field === 1 || field === 3)
        .map(([, name]) => String(name)),
    );
    expect(nodes).toEqual([['shared', 'shared_1'], ['shared_1', 'in'], ['in']]);
    model.dispose();
    // tfjs counts a layer once for each call.
    shared.dispose();
  });
});

describe('a histogram', () => {
  const doublesAt = (value: Uint8Array, fromEnd: number): number[] => {
    const end = value.byteLength - fromEnd;
    return [...new Float64Array(Uint8Array.from(value).slice(end - 8 * 30, end).buffer)];
  };

  it('counts every finite value once', () => {
    const values = Float32Array.from({ length: 100 }, (_, index) => (index === 7 ? Number.NaN : index));
    const counts = doublesAt(histogramValue('a', values), 0);
    expect(counts.reduce((sum, each) => sum + each)).toBe(99);
    expect(counts.at(-1)).toBe(4);
  });

  it('counts equal values in one place, and has none where nothing is finite', () => {
    expect(doublesAt(histogramValue('a', new Float32Array(5).fill(2)), 0)).toEqual([
      5,
      ...Array<number>(29).fill(0),
    ]);
    expect(histogramValue('a', Float32Array.of(Infinity)).byteLength).toBe(5);
  });
});

describe('training pictures', () => {
  /** One picture of 1 x 2 pixels whose normalized values are those of the bytes. */
  const sourceOf = (
    mode: keyof typeof PIXEL_NORMALIZATIONS | undefined,
    bytes: readonly number[],
  ): BatchSource => {
    const normalization = PIXEL_NORMALIZATIONS[mode ?? 'scale'];
    const { divisor, mean, standardDeviation, channelOrder } = normalization;
    const values = bytes.map((_, at) => {
      const channel = at % 3;
      const byte = bytes[at - channel + (channelOrder === 'bgr' ? 2 - channel : channel)]!;
      return (byte / divisor - mean[channel]!) / standardDeviation[channel]!;
    });
    return {
      ...memorySource(),
      ...(mode && { preprocessing: { normalization } }),
      batches: async function* () {
        yield await Promise.resolve({
          images: tf.tensor4d(values, [1, 1, 2, 3]),
          labels: tf.tensor2d([[1, 0, 0]]),
          sources: ['a'],
        });
      },
    };
  };
  const pixelsOf = (png: Uint8Array): number[] => {
    const at = Buffer.from(png).indexOf('IDAT');
    return [...inflateSync(png.subarray(at + 4))].slice(1);
  };

  it.each(['caffe', 'tf', 'torch', 'scale', 'raw'] as const)(
    'are those that %s was made of',
    async (mode) => {
      const bytes = [0, 10, 255, 200, 127, 3];
      const [picture] = await trainingPictures(sourceOf(mode, bytes), 0, 4);
      expect(pixelsOf(picture!.png)).toEqual(bytes);
      expect(picture).toMatchObject({ height: 1, width: 2, channels: 3 });
    },
  );

  it('go from black to white where nobody says how they were normalized', async () => {
    const [picture] = await trainingPictures(sourceOf(undefined, [100, 100, 100, 150, 200, 200]), 0, 4);
    expect(pixelsOf(picture!.png)).toEqual([0, 0, 0, 128, 255, 255]);
  });
});
