import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of real pictures and weights: $ZOO_REAL_DATA, or shared/data beside the repository. None of it is part of the repository. */
export const REAL_DATA = process.env['ZOO_REAL_DATA'] ?? resolve(import.meta.dirname, '../../shared/data');

/** Where something of {@link REAL_DATA} lies and whether it is there; `note` says in a test's name why it is skipped, if it is. */
export function realData(name: string): { path: string; isAbsent: boolean; note: string } {
  const path = join(REAL_DATA, name);
  const isAbsent = !existsSync(path);
  return { path, isAbsent, note: isAbsent ? ` (skipped: no ${path})` : '' };
}
