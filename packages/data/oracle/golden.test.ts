import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const python = process.env['ZOO_ORACLE_PYTHON'] ?? join(homedir(), '.cache/zoo/oracle/bin/python');
const isAbsent = !existsSync(python);
const title = isAbsent ? `golden fixtures (skipped: no Python at ${python})` : 'golden fixtures';

const script = (name: string) => fileURLToPath(new URL(`../../../scripts/golden/${name}`, import.meta.url));

describe.skipIf(isAbsent)(title, () => {
  it.each(['data_pictures.py', 'data_keras_generator.py'])(
    'are what the libraries give today: %s',
    (name) => {
      const output = execFileSync(python, [script(name), '--check'], {
        encoding: 'utf8',
        env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: '0' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(output).toMatch(/as committed|^skipped: no /m);
    },
  );
});
