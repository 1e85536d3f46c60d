import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
// Loaded ahead of the tests' time.
import '../src/commands/schedule';

import { recordedIo } from './recorded-io';

const place = temporaryDirectory();

async function schedule(...argv: string[]) {
  const io = recordedIo();
  const status = await run(['schedule', ...argv], io);
  return { status, output: io.output(), errors: io.errors() };
}

describe('zoo schedule', () => {
  it('draws a rate that rises, peaks and falls to 0, in plain text and as SVG', async () => {
    const { status, output } = await schedule(
      '--epochs',
      '20',
      '--learning-rate',
      '0.2',
      '--output',
      place('rate.svg'),
    );
    expect(status).toBe(0);
    const lines = output.trimEnd().split('\n');
    expect(lines[0]).toBe('learning rate');
    expect(lines[1]).toMatch(/^0\.2 \| +\*+$/);
    expect(lines.at(-3)).toMatch(/^ {2}0 \|.*\*$/);
    expect(lines.at(-1)).toMatch(/0 +20 epoch$/);
    expect(await readFile(place('rate.svg'), 'utf8')).toMatch(
      /^<svg [^]*<polyline points="60\.0,[\d., ]+"[^]*<\/svg>\n$/,
    );
  });

  it('prints what zoo train would take, step by step', async () => {
    const { output } = await schedule(
      '--pictures',
      '96',
      '--epochs',
      '2',
      '--schedule',
      'constant',
      '--learning-rate',
      '0.1',
      '--json',
    );
    const { steps, points } = JSON.parse(output) as { steps: number; points: object[] };
    expect(steps).toBe(6);
    expect(points[4]).toEqual({ epoch: 4 / 3, learningRate: 0.1 });
  });

  it('draws a run of one step', async () => {
    expect((await schedule('--pictures', '1', '--epochs', '1')).status).toBe(0);
  });
});
