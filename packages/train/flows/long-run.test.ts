import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { bundleProgram } from '../../../test-support/bundle-program';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

import type { Held } from './train-watched';

/** Of 100 steps each, in which the program is still being compiled and the heap finds its size. */
const WARM_UP_EPOCHS = 20;

let script: string;

beforeAll(async () => {
  script = await bundleProgram(new URL('train-watched.ts', import.meta.url));
});

afterAll(() => rmSync(script, { force: true }));

const place = temporaryDirectory();

it('3,000 steps with every callback hold the same number of tensors throughout, and within 2 % the same memory', async () => {
  const args = ['--expose-gc', script, place(), `${WARM_UP_EPOCHS + 30}`];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const held = JSON.parse(stdout.slice(stdout.indexOf('HELD') + 'HELD'.length)) as Held[];
  expect(held.at(-1)!.step).toBe(100 * (WARM_UP_EPOCHS + 30));
  expect(new Set(held.map(({ tensors }) => tensors)).size).toBe(1);
  const resident = held.slice(WARM_UP_EPOCHS - 1).map(({ residentBytes }) => residentBytes);
  expect(Math.max(...resident) / Math.min(...resident)).toBeLessThan(1.02);
});
