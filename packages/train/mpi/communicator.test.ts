import { spawnSync } from 'node:child_process';
import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';

import { beforeAll, describe, expect, it } from 'vitest';

import { buildProgram, launch, OPEN_MPI } from '../../../test-support/launch-mpi';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

/** A rank's line of JSON. */
type Report = Record<string, unknown> & { rank: number; ticks: number };

const LAUNCHERS = [
  { name: 'Open MPI', ...OPEN_MPI, library: /^Open MPI v/ },
  { name: 'MPICH', command: 'mpirun.mpich', flags: [], library: /^MPICH Version/ },
];

const place = temporaryDirectory();
let program: string;

beforeAll(async () => {
  const { path, remove } = await buildProgram(new URL('communicator-program.ts', import.meta.url));
  program = path;
  return remove;
});

describe.each(LAUNCHERS)('openCommunicator under $name', ({ name, command, flags, library }) => {
  const absent = spawnSync(command, ['--version']).error !== undefined;
  if (absent) console.warn(`Skips ${name}: there is no ${command}. Install it with apt-get.`);

  it.skipIf(absent).each([1, 2, 4])('exchanges values between %i ranks', async (size) => {
    const { code, reports, errors } = await launch<Report>(command, [
      ...flags,
      '-n',
      `${size}`,
      process.execPath,
      program,
    ]);
    expect({ code, ranks: reports.length }, errors).toEqual({ code: 0, ranks: size });
    const ranks = Array.from({ length: size }, (_, rank) => rank);
    const sum = (size * (size + 1)) / 2;
    for (const [rank, report] of reports.entries()) {
      expect(report).toMatchObject({
        rank,
        size,
        localRank: rank,
        library: expect.stringMatching(library) as unknown,
        short: [sum, size / 2],
        doubles: [size - 1, 0],
        integers: [10],
        sent: [3, 4],
        now: [((size * (size - 1)) / 2) * size, size * size],
        swapped: ranks.flatMap((other) => [100 * other + 2 * rank, 100 * other + 2 * rank + 1]),
        sharedNow: 100_000 * ((size * (size - 1)) / 2),
        gathered: ranks.flatMap((other) => [other, other * other]),
        other: size,
        view: [rank + 1, sum, sum, rank + 1],
        wrongRoot: `Expected a rank from 0 to ${size - 1} for \`root\` but received ${size}.`,
        late: expect.stringContaining('has been finalized') as unknown,
      });
      if (size > 1) expect(report['odd']).toContain(`a multiple of ${size} numbers`);
      // Of 60 in 300 ms, on a busy machine.
      expect(report.ticks).toBeGreaterThan(10);
    }
  });

  it.skipIf(absent)('refuses ranks of different versions, on all ranks', async () => {
    // An installation of another version, with the same packages below it.
    writeFileSync(place('package.json'), JSON.stringify({ name: '@zoo/train', version: '9.8.7' }));
    symlinkSync(new URL('../../../node_modules', import.meta.url), place('node_modules'));
    copyFileSync(program, place('program.mjs'));
    const ranks = [program, place('program.mjs')].map((path) => ['-n', '1', process.execPath, path]);
    const { code, errors } = await launch<Report>(command, [...flags, ...ranks[0]!, ':', ...ranks[1]!]);
    expect(code).toBe(1);
    expect(errors).toMatch(
      /Expected one version on all ranks but received @zoo\/train \d\S+ on rank 0 \(.*\) and @zoo\/train 9\.8\.7 on rank 1 \(/,
    );
  });

  it.skipIf(absent).each([
    { how: 'aborts', mode: 'abort', expected: 7 },
    // 128 + 9 from Open MPI, 9 from MPICH.
    { how: 'is killed', mode: 'die', expected: command === 'mpirun.openmpi' ? 137 : 9 },
  ])('ends all ranks within seconds when one $how', async ({ mode, expected }) => {
    const { code, seconds } = await launch<Report>(command, [
      ...flags,
      '-n',
      '4',
      process.execPath,
      program,
      mode,
    ]);
    expect(code).toBe(expected);
    // Rank 0 alone would stay for a minute.
    expect(seconds).toBeLessThan(20);
  });
});

describe('openCommunicator without what it needs', () => {
  it('says to install koffi where it is absent', () => {
    copyFileSync(program, place('program.mjs'));
    const child = spawnSync(process.execPath, [place('program.mjs')], {
      env: { ...process.env, PMI_RANK: '0', PMI_SIZE: '2' },
      encoding: 'utf8',
    });
    expect(child.status).toBe(1);
    expect(child.stderr).toContain('koffi, which is not installed. Run `npm install koffi`.');
  });

  it('names the file and the packages to install', () => {
    const child = spawnSync(process.execPath, [program], {
      env: { ...process.env, PMI_RANK: '0', PMI_SIZE: '2', ZOO_MPI_LIBRARY: 'libabsent.so' },
      encoding: 'utf8',
    });
    expect(child.status).toBe(1);
    expect(child.stderr).toMatch(
      /no MPI library for MPICH's launcher \(libabsent\.so: .*apt-get install mpich/s,
    );
  });

  it.skipIf(spawnSync('mpirun.openmpi', ['--version']).error !== undefined)(
    'refuses a library that belongs to another launcher',
    () => {
      const child = spawnSync(process.execPath, [program], {
        env: {
          ...process.env,
          PMI_RANK: '1',
          PMI_SIZE: '2',
          ZOO_MPI_LIBRARY: 'libmpi.so.40',
          OMPI_ALLOW_RUN_AS_ROOT: '1',
          OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
        },
        encoding: 'utf8',
      });
      expect(child.status).not.toBe(0);
      expect(child.stderr).toContain('The launcher says rank 1 of 2 but Open MPI v');
    },
  );
});
