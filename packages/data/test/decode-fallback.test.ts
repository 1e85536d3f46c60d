import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('support/decode-by-build.mjs', import.meta.url));

const hashesBy = async (build: 'native' | 'webassembly') => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, build]);
  return JSON.parse(stdout) as Record<string, string>;
};

describe('the WebAssembly decoder, where the native one is absent', () => {
  it('reads every file of the fixtures to the same bytes', async () => {
    const native = await hashesBy('native');
    expect(Object.values(native).filter((hash) => hash !== 'refused').length).toBeGreaterThan(50);
    expect(await hashesBy('webassembly')).toEqual(native);
    // Compiling nine megabytes of WebAssembly takes a while on a busy machine.
  }, 120_000);
});
