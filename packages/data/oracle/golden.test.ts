import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, ORACLE_PYTHON } from '../../../vitest.oracle-python';

const script = (name: string) => fileURLToPath(new URL(`../../../scripts/golden/${name}`, import.meta.url));

describe.skipIf(isOracleAbsent)(`golden fixtures${ORACLE_NOTE}`, () => {
  it.each(['data_pictures.py', 'data_keras_generator.py'])(
    'are what the libraries give today: %s',
    (name) => {
      const output = execFileSync(ORACLE_PYTHON, [script(name), '--check'], {
        encoding: 'utf8',
        env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: '0' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(output).toMatch(/as committed|^skipped: no /m);
    },
  );
});
