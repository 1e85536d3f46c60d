import { execFileSync, spawnSync } from 'node:child_process';

import { beforeAll, describe, expect, it } from 'vitest';

import { run } from '../src';

import { recordedIo } from './recorded-io';

async function script(shell: string): Promise<string> {
  const io = recordedIo();
  expect(await run(['completion', shell], io)).toBe(0);
  return io.output();
}

// All commands are loaded ahead of the tests' time.
beforeAll(() => script('bash'), 120_000);

const isAbsent = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).error !== undefined;

describe('zoo completion', () => {
  it.skipIf(isAbsent('bash'))(
    'completes commands, options and values in bash (skipped where there is none)',
    async () => {
      const text = await script('bash');
      const complete = (...words: string[]) =>
        execFileSync('bash', [
          '-c',
          `${text}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _zoo; printf '%s\\n' "\${COMPREPLY[@]}"`,
          'bash',
          ...words,
        ])
          .toString()
          .trim()
          .split('\n');
      expect(complete('zoo', 'pre')).toEqual(['predict']);
      expect(complete('zoo', 'predict', '--to')).toEqual(['--top']);
      expect(complete('zoo', 'predict', 'model', '--format', 'j')).toEqual(['json', 'jsonl']);
      expect(complete('zoo', 'predict', 'pict')).toEqual(['']);
    },
  );

  it.each(['zsh', 'fish'])('is a script that %s reads, where it is installed', async (shell) => {
    const text = await script(shell);
    expect(text).toContain('predict');
    if (isAbsent(shell)) return;
    expect(spawnSync(shell, ['--no-execute'], { input: text }).stderr.toString()).toBe('');
  });

  it('refuses another shell', async () => {
    const io = recordedIo();
    expect(await run(['completion', 'cmd'], io)).toBe(2);
    expect(io.errors()).toContain('Allowed choices are bash, zsh, fish');
  });
});
