import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';

import type { Held } from './train-watched';

/** Of 100 steps each, in which the program is still being compiled and the heap finds its size. */
const WARM_UP_EPOCHS = 20;

let script: string;

beforeAll(async () => {
  // Within the package, so that its dependencies are found.
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  script = join(cache, `long-run-${process.pid}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL('train-watched.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@zoo/source'],
    external: ['fs-native-extensions'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
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
