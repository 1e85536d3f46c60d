import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import { writeComparison, type ComparedRun } from '../../src/node';

const place = temporaryDirectory();

function comparedRun(
  name: string,
  values: readonly number[],
  settings: Record<string, unknown>,
): ComparedRun {
  const epochs = values.map((value, epoch) => ({
    ...{ epoch, step: epoch + 1, durationMs: 1 },
    metrics: { loss: value, valLoss: value, valAccuracy: value / 10 },
  }));
  return { name, history: { epochs }, settings };
}

describe('writeComparison', () => {
  it('draws a line a run in each chart, and says where settings differ', async () => {
    const runs = [
      comparedRun('runs/a<b', [3, 2, 1], { learningRate: 0.1, seed: 1 }),
      comparedRun('runs/b', [4, 3], { learningRate: 0.2, seed: 1 }),
      comparedRun('runs/c', [5], { learningRate: 0.1, seed: 1, freeze: 'stage2' }),
    ];
    await writeComparison(place('all.html'), 'three runs', runs);
    const page = await readFile(place('all.html'), 'utf8');
    expect([...page.matchAll(/<figcaption>([^<]+)/g)].map(([, title]) => title)).toEqual([
      'Validation accuracy',
      'Validation loss',
      'Training loss',
    ]);
    expect(page.match(/<g class="series-2/g)).toHaveLength(3);
    expect(page).toContain('runs/a&lt;b');
    expect([...page.matchAll(/<th scope="row">(\w+)/g)].map(([, name]) => name)).toEqual([
      'learningRate',
      'freeze',
    ]);
    expect(page).not.toContain('<script');
  });

  it('refuses more runs than there are colours, and writes nothing', async () => {
    const runs = Array.from({ length: 9 }, (_, at) => comparedRun(`${at}`, [1], {}));
    await expect(writeComparison(place('many.html'), 'nine', runs)).rejects.toThrow('1 to 8 runs');
    await expect(readFile(place('many.html'))).rejects.toThrow('ENOENT');
  });
});
