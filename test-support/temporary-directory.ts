import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach } from 'vitest';

/**
 * A folder on disk, as a function that gives paths in it: `place('run', 'model.json')`, or the folder itself: `place()`. It is made when a
 * path is first asked for and removed at the end of each test, or with `'suite'` at the end of the file or `describe` that it is called in.
 * Call it where hooks are called, in a file or a `describe`: vitest forgets hooks that a test or another hook adds.
 */
export function temporaryDirectory(lifetime: 'test' | 'suite' = 'test'): (...parts: string[]) => string {
  let directory: string | undefined;
  const addHook = lifetime === 'test' ? afterEach : afterAll;
  addHook(() => {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    directory = undefined;
  });
  return (...parts) => join((directory ??= mkdtempSync(join(tmpdir(), 'zoo-test-'))), ...parts);
}
