import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = process.env['ZOO_REAL_DATA'] ?? resolve(import.meta.dirname, '../../../../shared/data');

/** IdenProf's folder, or undefined where it is not at hand: it is no part of this repository. */
export const IDENPROF = existsSync(join(ROOT, 'idenprof', 'train')) ? join(ROOT, 'idenprof') : undefined;

/** Says in a test's name why it is skipped. */
export const NEEDS_IDENPROF =
  IDENPROF === undefined ? ' (skipped: no IdenProf in $ZOO_REAL_DATA or ../shared/data)' : '';
