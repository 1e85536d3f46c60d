import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createRandom } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { bundleProgram } from '../../../../test-support/bundle-program';
import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import { readTrainingState } from '../../src/node';
import { readScalars } from '../support/read-scalars';

/** How often the run is killed: `ZOO_KILLS=100` in CI, fewer where people wait. */
const KILLS = Number(process.env['ZOO_KILLS'] ?? 5);
/** Long enough that a run does not end before it has been killed so often. */
const EPOCHS = 10 + KILLS;

let script: string;
let unbroken: string;

/** Runs the child in `directory`; it is killed so many milliseconds after it has begun to train, or once it has a checkpoint. */
async function train(
  directory: string,
  kill?: number | 'at the first checkpoint',
): Promise<{ code: number | null; errors: string }> {
  const child = spawn(process.execPath, [script, directory, `${EPOCHS}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  child.stdout.once('data', () => {
    if (typeof kill === 'number') setTimeout(() => child.kill('SIGKILL'), kill);
  });
  const watch = setInterval(() => {
    if (kill === 'at the first checkpoint' && existsSync(join(directory, 'last.safetensors')))
      child.kill('SIGKILL');
  }, 2);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(watch);
  return { code, errors: errors.replace(/^[^\n]*(TensorFlow\.js in Node|====)[^\n]*$/gm, '').trim() };
}

const resultOf = (directory: string): unknown =>
  JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'));

const shared = temporaryDirectory('suite');
const place = temporaryDirectory();

beforeAll(async () => {
  script = await bundleProgram(new URL('../support/train-until-killed.ts', import.meta.url));
  unbroken = shared('unbroken');
  expect(await train(unbroken)).toEqual({ code: 0, errors: '' });
  return () => rmSync(script);
});

describe('a run that is killed', () => {
  it(`at ${KILLS} random moments ends as the unbroken run does, and nothing is lost, doubled or half written`, async () => {
    const directory = place();
    const random = createRandom(1);
    for (let kill = 0; kill < KILLS; kill++) {
      const { code, errors } = await train(directory, random.integer(0, 120));
      expect({ code, errors }).toEqual({ code: null, errors: '' });
      // Whatever has a final name is whole.
      for (const name of readdirSync(directory)) {
        if (/^last.*\.safetensors$/.test(name)) await readTrainingState(join(directory, name));
      }
    }
    expect(await train(directory)).toEqual({ code: 0, errors: '' });
    expect(resultOf(directory)).toEqual(resultOf(unbroken));
    for (const name of ['log.csv', 'log.jsonl']) {
      const [lines, expected] = [directory, unbroken].map((each) => withoutTimes(join(each, name)));
      expect(lines).toEqual(expected);
    }
    for (const part of ['train', 'validation']) {
      const [scalars, expected] = [directory, unbroken].map((each) =>
        readScalars(join(each, 'events', part)),
      );
      expect(scalars).toEqual(expected);
    }
    expect(readdirSync(directory).sort()).toEqual(readdirSync(unbroken).sort());
  }, 600_000);
});

describe.skipIf(process.platform === 'win32')('two runs in one folder, in two processes', () => {
  it('are one: the second is refused by a sentence, and the first goes on as if it had been alone', async () => {
    const directory = place();
    const first = spawn(process.execPath, [script, directory, `${EPOCHS}`], { stdio: 'ignore' });
    const ended = once(first, 'close');
    while (!existsSync(join(directory, 'last.safetensors'))) await delay(2);
    // Held up amid its run, so that the second comes while it goes on, however fast this machine is.
    first.kill('SIGSTOP');
    const before = readdirSync(directory);
    const { code, errors } = await train(directory);
    expect(code).toBe(1);
    expect(errors).toContain(
      `Another run (process ${first.pid}) is using ${directory}. Wait until it has ended, or give this run another folder.`,
    );
    expect(readdirSync(directory)).toEqual(before);
    first.kill('SIGCONT');
    expect((await ended)[0]).toBe(0);
    expect(resultOf(directory)).toEqual(resultOf(unbroken));
    for (const name of ['log.csv', 'log.jsonl'])
      expect(withoutTimes(join(directory, name))).toBe(withoutTimes(join(unbroken, name)));
    expect(readdirSync(directory).sort()).toEqual(readdirSync(unbroken).sort());
  }, 60_000);
});

describe.skipIf(process.platform === 'win32')('a run that can write no more', () => {
  it('ends with a sentence that names the file, and goes on from the last whole state', async () => {
    const directory = place();
    const last = join(directory, 'last.safetensors');
    await train(directory, 'at the first checkpoint');
    const { step } = await readTrainingState(last);
    // Half a kibibyte a block: what a file may have is less than a state takes, as on a disk that is full.
    const child = spawn('bash', [
      '-c',
      'ulimit -f 4; exec "$@"',
      '-',
      process.execPath,
      script,
      directory,
      `${EPOCHS}`,
    ]);
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(1);
    expect(errors).toMatch(/Could not write \S+ because it would be larger than files may be here\./);
    expect((await readTrainingState(last)).step).toBe(step);
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  }, 60_000);
});

const withoutTimes = (path: string): string => readFileSync(path, 'utf8').replace(/"durationMs":\d+,/g, '');
