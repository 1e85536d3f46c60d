import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { expect, it } from 'vitest';

import { readTrainingState } from '../../src/node';
import { temporaryFolder } from '../support/temporary-folder';

/** Runs the child until it has written `states` states and `afterMs` more, kills it, and says how many it had reported. */
async function writeAndKill(script: string, path: string, states: number, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let reported = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    reported = Number(line);
    if (reported === states) setTimeout(() => child.kill('SIGKILL'), afterMs);
  }
  await ended;
  return reported;
}

it('leaves a whole state when it is killed at any moment', async () => {
  const folder = await temporaryFolder();
  const script = join(folder, 'write-states.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../support/write-states.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@zoo/source'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const path = join(folder, 'last.safetensors');
  for (const afterMs of [0, 1, 2, 3, 5, 8]) {
    const reported = await writeAndKill(script, path, 3, afterMs);
    const { step, weights } = await readTrainingState(path);
    expect(step).toBeGreaterThanOrEqual(reported);
    expect(step).toBeLessThanOrEqual(reported + 1);
    expect(new Set(weights.get('weight')!.values)).toEqual(new Set([step]));
  }
}, 120_000);
