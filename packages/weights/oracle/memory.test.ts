import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';

const place = temporaryDirectory('suite');
const IS_LINUX = process.platform === 'linux';

/** Runs one task of the benchmark of loading, which has a process of its own, and gives what it prints. */
async function run(...task: string[]): Promise<string> {
  const script = fileURLToPath(new URL('../../../benchmarks/run.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, 'weights-loading-node', ...task]);
  return stdout;
}

const note = IS_LINUX ? '' : ' (skipped: only Linux tells the peak of one program)';
describe.skipIf(!IS_LINUX)(`ResNet-152${note}`, () => {
  it('loads with at most 1.3 times the size of its weights in memory', async () => {
    await run('save', 'resnet152', place('resnet152.h5'));
    const printed = await run('load', 'resnet152', place('resnet152.h5'));
    const { growth } = JSON.parse(printed.trim().split('\n').at(-1)!) as { growth: number };
    // The new weights stand beside the old ones until all are read.
    expect(growth).toBeGreaterThan(0.9);
    expect(growth).toBeLessThan(1.3);
  });
});
