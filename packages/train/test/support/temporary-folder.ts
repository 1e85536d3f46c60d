import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, onTestFinished } from 'vitest';

/** A folder that is gone when the test at hand ends, or with `suite`, called from `beforeAll`, when the file's last one does. */
export async function temporaryFolder(lifetime: 'test' | 'suite' = 'test'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zoo-train-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  if (lifetime === 'test') onTestFinished(remove);
  else afterAll(remove);
  return folder;
}
