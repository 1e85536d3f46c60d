import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, ORACLE_PYTHON } from '../../../vitest.oracle-python';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const data =
  process.env['ZOO_REAL_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));

describe.skipIf(isOracleAbsent)(`the fixtures are what the reference libraries compute${ORACLE_NOTE}`, () => {
  it.for<[string, string[]]>([
    ['weights_files.py', []],
    ['weights_real_files.py', [`${data}/keras`]],
  ])('those of %s', async ([script, argumentList], { skip }) => {
    skip(!argumentList.every((path) => existsSync(path)), `no files at ${data}`);
    const options = { cwd: root, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' } };
    const run = promisify(execFile)(
      ORACLE_PYTHON,
      [`scripts/golden/${script}`, ...argumentList, '--check'],
      options,
    );
    await expect(run).resolves.toBeDefined();
  });
});
