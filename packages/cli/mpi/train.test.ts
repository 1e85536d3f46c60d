import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { readTrainingState } from '@zoo/train/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { buildProgram, launch, OPEN_MPI, type LaunchOptions } from '../../../test-support/launch-mpi';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { isWebgpuAbsent, WEBGPU_NOTE } from '../../engine/webgpu/webgpu-here';
import { writePictureFolder } from '../test/picture-folder';

const absent = spawnSync(OPEN_MPI.command, ['--version']).error !== undefined;
if (absent) console.warn(`Skips zoo train on several ranks: there is no ${OPEN_MPI.command}.`);

const SMALL_RUN = ['--model', 'resnet20', '--image-size', '16', '--batch-size', '8', '--augment', 'flip'];
const ENGINE = ['--engine', 'wasm', '--threads', '1', '--sync-batch-norm'];

const place = temporaryDirectory('suite');
let pictures: string;
let program: string;

beforeAll(async () => {
  pictures = await writePictureFolder(place('pictures'), { count: 9 });
  const { path, remove } = await buildProgram(new URL('program.ts', import.meta.url));
  program = path;
  return remove;
});

function zoo(ranks: number, args: readonly string[], options: LaunchOptions = {}) {
  return launch(
    OPEN_MPI.command,
    [...OPEN_MPI.flags, '-n', `${ranks}`, process.execPath, program, ...args],
    options,
  );
}

const lossOf = (errors: string): number => Number(/^Epoch 1\/\d+ +loss ([\d.]+)/m.exec(errors)![1]);

describe.skipIf(absent)('zoo train under mpirun', () => {
  it('trains one run on all ranks, of which rank 0 writes and speaks', async () => {
    const losses: number[] = [];
    for (const ranks of [1, 2, 3]) {
      const output = place(`run-${ranks}`);
      const args = ['train', pictures, ...SMALL_RUN, ...ENGINE, '--epochs', '2', '--learning-rate', '0.001'];
      const { code, output: printed, errors } = await zoo(ranks, [...args, '--output', output]);
      expect(code, errors).toBe(0);
      losses.push(lossOf(errors));
      expect(printed.match(/^accuracy/gm)).toHaveLength(1);
      if (ranks > 1) {
        expect(errors).toContain(`ranks: ${ranks} on one machine, Open MPI`);
        expect(errors.match(/^ranks: .* of work/gm)).toHaveLength(2);
      }
      expect(readdirSync(output).sort()).toEqual([
        'checkpoints',
        'class_index.json',
        'history.csv',
        'history.jsonl',
        'model',
        'report.html',
        'settings.json',
      ]);
    }
    for (const loss of losses) expect(loss).toBeCloseTo(losses[0]!, 3);
  });

  it('finds one batch size for all ranks, which a resumed run keeps', async () => {
    const output = place('automatic');
    const flags = [...SMALL_RUN.filter((word) => !['--batch-size', '8'].includes(word)), ...ENGINE];
    const args = ['train', pictures, ...flags, '--batch-size', 'auto', '--memory', '30', '--output', output];
    const { code, errors } = await zoo(2, [...args, '--epochs', '1']);
    expect(code, errors).toBe(0);
    const said = errors.match(/^batch size: (\d+) \(up to \d+ at once fit into 60 MiB\)$/m);
    const batchSize = (): number =>
      (JSON.parse(readFileSync(join(output, 'settings.json'), 'utf8')) as { batchSize: number }).batchSize;
    expect(batchSize()).toBe(Number(said?.[1]));
    const resumed = await zoo(3, [...args, '--epochs', '2', '--continue']);
    expect(resumed.code, resumed.errors).toBe(0);
    expect(batchSize()).toBe(Number(said?.[1]));
  });

  it('reports an error once, and ends the program with its status', async () => {
    const args = ['train', place('absent'), ...SMALL_RUN, ...ENGINE];
    const { code, errors } = await zoo(2, [...args, '--output', place('none')]);
    expect(code).toBe(1);
    expect(errors.match(/^error: .*absent/gm)).toHaveLength(1);
  });

  it.skipIf(isWebgpuAbsent)(
    `says what to do where there are fewer cards than ranks${WEBGPU_NOTE}`,
    async () => {
      const args = ['train', pictures, ...SMALL_RUN, '--engine', 'webgpu', '--output', place('cards')];
      const { code, errors } = await zoo(3, args);
      expect(code).toBe(1);
      expect(errors).toMatch(/^error: .* no card called '\d' .* ZOO_GPU=0 to let all take the first\.$/m);
    },
  );

  it.each([
    {
      what: 'has other pictures',
      // A class less, one picture more.
      write: async (folder: string) => {
        await writePictureFolder(folder, { count: 9, classes: ['blue', 'green'] });
        await writePictureFolder(folder, { count: 10, classes: ['green'] });
      },
      says: /^error: Rank 1 on \S+ has other pictures than rank 0: it lacks red\/red-\d\.png and 8 more, and it alone has green\/green-9\.png\. Give all machines the same pictures\.$/m,
    },
    {
      what: 'has no pictures',
      write: (folder: string) => mkdir(folder, { recursive: true }),
      says: /^Rank 1, on \S+:\nerror: Expected at least one class in .+ but found no folder\./m,
    },
    {
      what: 'has pictures that were cut short',
      write: async (folder: string) => {
        await writePictureFolder(folder, { count: 9 });
        for (const color of ['blue', 'green', 'red'])
          for (let index = 0; index < 9; index++)
            await truncate(join(folder, color, `${color}-${index}.png`), 60);
      },
      says: /^error: Rank 1 on \S+ has other pictures than rank 0 under the same names: \w+\/\w+-\d\.png and 26 more of the 27 that were compared\. /m,
    },
    {
      what: 'has one other picture of the same name and size',
      write: async (folder: string) => {
        await writePictureFolder(folder, { count: 9 });
        const path = join(folder, 'green', 'green-4.png');
        const bytes = await readFile(path);
        bytes[bytes.length - 20]! ^= 1;
        await writeFile(path, bytes);
      },
      says: /^error: Rank 1 on \S+ has other pictures than rank 0 under the same names: green\/green-4\.png of the 27 that were compared\. /m,
    },
  ])('ends all ranks with one error where one $what', async ({ what, write, says }) => {
    const own = place(what, 'pictures');
    await write(own);
    const args = [program, 'train', 'pictures', ...SMALL_RUN, ...ENGINE, '--output', place(`${what}-run`)];
    const rank = (parent: string) => ['-n', '1', '-wdir', parent, process.execPath, ...args];
    const parents = [pictures, own].map((folder) => dirname(folder));
    const ranks = [...rank(parents[0]!), ':', ...rank(parents[1]!)];
    const { code, errors, seconds } = await launch(OPEN_MPI.command, [...OPEN_MPI.flags, ...ranks]);
    expect(code, errors).toBe(1);
    expect(errors).toMatch(says);
    expect(errors.match(/^error:/gm)).toHaveLength(1);
    expect(seconds).toBeLessThan(30);
  });

  it.each([
    { whom: 'one rank', signal: 'SIGTERM' },
    { whom: 'the launcher', signal: 'SIGUSR2' },
  ] as const)(
    'writes a checkpoint when $whom gets $signal, and goes on with another number of ranks',
    async ({ signal }) => {
      const output = place(`stopped-${signal}`);
      const args = ['train', pictures, ...SMALL_RUN, ...ENGINE, '--epochs', '12', '--output', output];
      let signalled = false;
      const stopped = await zoo(2, args, {
        onError: (errors, { pid }) => {
          if (signalled || !/^Epoch +1\/12/m.test(errors)) return;
          signalled = true;
          // Rank 1 is the launcher's second child.
          const ranks = spawnSync('pgrep', ['-P', `${pid}`], { encoding: 'utf8' })
            .stdout.trim()
            .split('\n');
          process.kill(signal === 'SIGUSR2' ? pid! : Number(ranks.at(-1)), signal);
        },
      });
      expect(stopped.code, stopped.errors).toBe(0);
      expect(stopped.errors).toMatch(
        /Interrupted; a checkpoint is in .* Go on with: mpirun -n 2 zoo train .* --resume --sync-batch-norm$/m,
      );
      const last = join(output, 'checkpoints', 'last.safetensors');
      const { epoch } = await readTrainingState(last);
      expect(epoch).toBeLessThan(12);
      expect(existsSync(join(output, 'report.html'))).toBe(false);

      const { code, errors } = await zoo(3, [...args, '--continue']);
      expect(code, errors).toBe(0);
      expect(Number(/^Epoch +(\d+)\/12/m.exec(errors)![1])).toBe(epoch + 1);
      expect(existsSync(join(output, 'report.html'))).toBe(true);
    },
  );

  it('is started again by zoo supervise after a rank has died, and ends as if none had', async () => {
    const output = place('supervised');
    const train = [
      'train',
      pictures,
      ...SMALL_RUN,
      ...ENGINE,
      '--epochs',
      '12',
      '--output',
      output,
      '--continue',
    ];
    let killed = 0;
    const { code, errors } = await launch(
      process.execPath,
      [
        ...[
          program,
          'supervise',
          '--max-restarts',
          '2',
          '--',
          OPEN_MPI.command,
          ...OPEN_MPI.flags,
          '-n',
          '2',
        ],
        ...[process.execPath, program, ...train],
      ],
      {
        onError: (text, { pid }) => {
          if (killed > 0 || !/^Epoch +2\/12/m.test(text)) return;
          killed++;
          const launcher = spawnSync('pgrep', ['-P', `${pid}`], { encoding: 'utf8' }).stdout.trim();
          const ranks = spawnSync('pgrep', ['-P', launcher], { encoding: 'utf8' }).stdout.trim().split('\n');
          process.kill(Number(ranks.at(-1)), 'SIGKILL');
        },
      },
    );
    expect(code, errors).toBe(0);
    expect(errors).toContain('ended with status 137; restart 1 of 2.');
    expect(errors.match(/^Epoch 12\/12/gm)).toHaveLength(1);
  });
});
