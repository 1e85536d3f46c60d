import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import type { StepRecord, TrainingRun } from '../../src';
import { tensorBoard } from '../../src/node';
import { crc32c } from '../../src/node/tensor-board/crc32c';
import { scalarRecord } from '../../src/node/tensor-board/event-record';

const place = temporaryDirectory();

describe('an event file', () => {
  it('has the checksums of RFC 3720, appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
  });

  it('frames its records by length', () => {
    const record = scalarRecord({ wallTime: 1, step: 300, scalars: { a: 0.5 } });
    expect(new DataView(record.buffer).getBigUint64(0, true)).toBe(BigInt(record.byteLength - 16));
    // step: field 2, 300 in base 128.
    expect([...record.subarray(12 + 9, 12 + 12)]).toEqual([0x10, 0xac, 0x02]);
  });

  it('is written for training and for validation', async () => {
    const directory = place();
    const callback = tensorBoard({ directory, everySteps: 2 });
    const run = { metricNames: ['loss', 'valLoss'] } as unknown as TrainingRun;
    await callback.onTrainBegin!(run);
    for (const step of [1, 2]) {
      await callback.onStepEnd!(run, { step, loss: 1, accuracy: 0, learningRate: 0.1 } as StepRecord);
    }
    await callback.onEpochEnd!(run, {
      epoch: 0,
      step: 2,
      metrics: { loss: 1, valLoss: 2, learningRate: 0.1 },
      durationMs: 1,
    });
    const contents: string[] = [];
    for (const part of ['train', 'validation']) {
      const [file] = await readdir(join(directory, part));
      contents.push((await readFile(join(directory, part, file!))).toString('latin1'));
    }
    expect(contents[0]!.match(/batch_loss/g)).toHaveLength(1);
    expect(contents[0]).toMatch(/epoch_loss[\s\S]*epoch_learning_rate/);
    expect(contents[1]).toContain('epoch_loss');
    expect(contents[1]).not.toContain('learning_rate');
  });
});
