import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';

import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';

import { recordedIo } from './recorded-io';

const place = temporaryDirectory();

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
      expect(complete('zoo', 'predict', '--format', '=', 'c')).toEqual(['csv']);
      expect(complete('zoo', 'train', '--optimizer', '=')).toContain('muon');
      expect(complete('zoo', 'train', '--model', 'resnet5')).toContain('resnet50');
      expect(complete('zoo', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
      expect(complete('zoo', 'completion', 'bash', '')).toEqual(['']);
    },
  );

  it.skipIf(isAbsent('fish'))(
    'completes commands, options and values in fish (skipped where there is none)',
    async () => {
      await writeFile(place('zoo.fish'), await script('fish'));
      const complete = (line: string) =>
        execFileSync('fish', ['--no-config', '-c', `source ${place('zoo.fish')}; complete -C '${line}'`])
          .toString()
          .trim()
          .split('\n')
          .map((each) => each.split('\t')[0]);
      expect(complete('zoo pre')).toEqual(['predict']);
      expect(complete('zoo predict --to')).toEqual(['--top']);
      expect(complete('zoo predict model --format j')).toEqual(['json', 'jsonl']);
      expect(complete('zoo predict model --format=j')).toEqual(['--format=json', '--format=jsonl']);
      expect(complete('zoo train --model resnet5')).toContain('resnet50');
      expect(complete('zoo completion ')).toEqual(['bash', 'fish', 'zsh']);
    },
  );

  it.skipIf(isAbsent('zsh'))(
    'completes commands, options and values in zsh (skipped where there is none)',
    async () => {
      await mkdir(place('zsh'));
      await writeFile(place('zsh', '_zoo'), await script('zsh'));
      // A shell at a terminal of its own: Tab completes the line, and Control-X prints what became of it.
      const complete = (line: string) =>
        execFileSync('zsh', [
          '-f',
          '-c',
          `zmodload zsh/zpty; cd ${place('zsh')}; zpty shell zsh -f -i
          zpty -w shell 'PS1=; fpath=(${place('zsh')} $fpath); autoload -U compinit; compinit -u -D'
          zpty -w shell 'shown() { print -r -- "LINE:$BUFFER:EN""D"; BUFFER=; zle accept-line }; zle -N shown'
          zpty -w shell 'bindkey "^X" shown; print EN""D'
          zpty -r shell got '*END*'
          zpty -w -n shell '${line}'$'\\t\\x18'; zpty -r shell got '*:END*'; print -r -- "$got"`,
        ]).toString();
      const completed = (line: string) => /LINE:([^:]*):END/.exec(complete(line))?.[1]?.trimEnd();
      expect(completed('zoo pred')).toBe('zoo predict');
      expect(completed('zoo predict --to')).toBe('zoo predict --top');
      expect(completed('zoo predict --format ht')).toBe('zoo predict --format html');
      expect(completed('zoo train --optimizer muo')).toBe('zoo train --optimizer muon');
      expect(completed('zoo completion fi')).toBe('zoo completion fish');
    },
  );

  it('refuses another shell', async () => {
    const io = recordedIo();
    expect(await run(['completion', 'cmd'], io)).toBe(2);
    expect(io.errors()).toContain('Allowed choices are bash, zsh, fish');
  });
});
