import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { isOracleAbsent, ORACLE_ENVIRONMENT, ORACLE_NOTE, ORACLE_PYTHON } from './oracle-python';

/**
 * Python programs that write small files as users reported them, with the oracle's values: in $ZOO_CASES, or in shared/cases beside the
 * repository. None of them is part of the repository.
 */
const CASES = process.env['ZOO_CASES'] ?? resolve(import.meta.dirname, '../../shared/cases');

/** True where the programs can't run: `describe.skipIf(areCasesAbsent)`. */
export const areCasesAbsent = isOracleAbsent || !existsSync(CASES);

/** What a suite's title says of its being skipped: nothing where it runs. */
export const CASES_NOTE = isOracleAbsent
  ? ORACLE_NOTE
  : areCasesAbsent
    ? ` (skipped: no cases at ${CASES})`
    : '';

/** Runs a program in `folder`, where it writes below `out/`. */
export async function writeCases(program: string, folder: string): Promise<void> {
  await copyFile(join(CASES, program), join(folder, program));
  await promisify(execFile)(ORACLE_PYTHON, [program], {
    cwd: folder,
    env: ORACLE_ENVIRONMENT,
    maxBuffer: 64 * 1024 * 1024,
  });
}
