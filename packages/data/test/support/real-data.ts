import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIRECTORY =
  process.env['ZOO_REAL_DATA'] ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url));

/** The path of real data for tests, and whether it is there; tests that need it are skipped where it is not. */
export function realData(name: string): { path: string; isAbsent: boolean; title: string } {
  const path = join(DIRECTORY, name);
  const isAbsent = !existsSync(path);
  return { path, isAbsent, title: isAbsent ? `${name} (skipped: not at ${path})` : name };
}
