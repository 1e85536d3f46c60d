import { readFileSync, writeFileSync } from 'node:fs';

import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';

import { recordedIo } from './recorded-io';

const place = temporaryDirectory('suite');
let program: string;

beforeAll(() => {
  program = place('program.cjs');
  // Counts its starts in a file; ends with the status that stands for each, or waits to be asked to end.
  writeFileSync(
    program,
    `const { appendFileSync, readFileSync } = require('node:fs');
     const [, , log, ...statuses] = process.argv;
     appendFileSync(log, 'x');
     const status = statuses[readFileSync(log).length - 1];
     if (status !== 'wait') process.exit(Number(status));
     process.on('SIGTERM', () => process.exit(0));
     setTimeout(() => process.exit(9), 20_000);`,
  );
});

let count = 0;

function supervise(maxRestarts: number, statuses: readonly string[], io = recordedIo()) {
  const log = place(`log-${count++}`);
  writeFileSync(log, '');
  const status = run(
    ['supervise', '--max-restarts', `${maxRestarts}`, '--', process.execPath, program, log, ...statuses],
    io,
  );
  return { status, errors: io.errors, starts: () => readFileSync(log).length };
}

describe('zoo supervise', () => {
  it('starts a command again until it succeeds', async () => {
    const { status, errors, starts } = supervise(3, ['7', '0']);
    expect(await status).toBe(0);
    expect(starts()).toBe(2);
    expect(errors()).toContain('ended with status 7; restart 1 of 3.');
  });

  it('gives up after so many restarts, with the status of the last', async () => {
    const { status, errors, starts } = supervise(1, ['7', '8', '0']);
    expect(await status).toBe(8);
    expect(starts()).toBe(2);
    expect(errors()).toMatch(/ended with status 8 again, after 1 restarts\. Giving up\.\n$/);
  });

  it('does not repeat wrong usage', async () => {
    const { status, starts } = supervise(3, ['2', '0']);
    expect(await status).toBe(2);
    expect(starts()).toBe(1);
  });

  it.skipIf(process.platform === 'win32')(
    'passes a request to end on, and starts nothing again',
    async () => {
      const io = recordedIo();
      const { status, starts } = supervise(3, ['wait'], io);
      const watch = setInterval(() => {
        // Its handler is there a moment after it has counted.
        if (starts() === 1) setTimeout(() => io.interrupt(), 300);
      }, 20);
      expect(await status).toBe(0);
      clearInterval(watch);
      expect(starts()).toBe(1);
    },
  );

  it('says so where there is no such program', async () => {
    const io = recordedIo();
    expect(await run(['supervise', '--', place('absent')], io)).toBe(1);
    expect(io.errors()).toContain('Expected a program that can be started but received');
  });
});
