import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, ORACLE_PYTHON } from '../../../test-support/oracle-python';

describe.skipIf(isOracleAbsent)(`the table of timm’s weights${ORACLE_NOTE}`, () => {
  it('is what timm’s registry says', () => {
    const script = fileURLToPath(new URL('../../../scripts/golden/timm_weights.py', import.meta.url));
    expect(execFileSync(ORACLE_PYTHON, [script, '--check'], { encoding: 'utf8' })).toMatch(
      /182 weights as committed/,
    );
  });
});
