import { describe, expect, it, vi } from 'vitest';

import { oneProcess, openCommunicator, readLaunch } from '../../../src/distributed';

describe('oneProcess', () => {
  it('leaves values as they are in a reduction and a broadcast, and copies them in a gathering', async () => {
    const ranks = oneProcess();
    const values = Float32Array.of(1, 2);
    await ranks.allReduce(values);
    await ranks.broadcast(values);
    const all = await ranks.allGather(values);
    await ranks.barrier();
    expect(values).toEqual(Float32Array.of(1, 2));
    expect(all).toEqual(values);
    expect(all).not.toBe(values);
    expect([ranks.rank, ranks.size, ranks.localRank]).toEqual([0, 1, 0]);
  });

  it('rejects a root that is no rank', async () => {
    await expect(oneProcess().broadcast(new Float32Array(1), 1)).rejects.toThrow(
      'Expected a rank from 0 to 0 for `root` but received 1.',
    );
  });

  it('rejects every exchange after finalize', async () => {
    const ranks = oneProcess();
    await ranks.finalize();
    await ranks.finalize();
    await expect(ranks.allReduce(new Float32Array(1))).rejects.toThrow('has been finalized');
    await expect(ranks.barrier()).rejects.toThrow('has been finalized');
  });
});

describe('readLaunch', () => {
  it("reads Open MPI's variables", () => {
    const environment = {
      OMPI_COMM_WORLD_RANK: '5',
      OMPI_COMM_WORLD_SIZE: '8',
      OMPI_COMM_WORLD_LOCAL_RANK: '1',
    };
    expect(readLaunch(environment)).toEqual({ rank: 5, size: 8, localRank: 1, family: 'open-mpi' });
  });

  it("reads MPICH's variables, and SLURM's rank on the machine", () => {
    expect(readLaunch({ PMI_RANK: '0', PMI_SIZE: '2', MPI_LOCALRANKID: '0' })).toEqual({
      rank: 0,
      size: 2,
      localRank: 0,
      family: 'mpich',
    });
    expect(readLaunch({ PMI_RANK: '3', PMI_SIZE: '4', SLURM_LOCALID: '1' })?.localRank).toBe(1);
  });

  it("reads PMIx' rank, by which srun starts Open MPI's programs, and not that of a shell that srun started", () => {
    const environment = { PMIX_RANK: '3', SLURM_STEP_NUM_TASKS: '4', SLURM_LOCALID: '1' };
    expect(readLaunch(environment)).toEqual({ rank: 3, size: 4, localRank: 1, family: 'open-mpi' });
    expect(readLaunch({ ...environment, PMIX_RANK: '0', SLURM_STEP_NUM_TASKS: '1' })).toBeUndefined();
    expect(readLaunch({ PMIX_RANK: '0' })).toBeUndefined();
  });

  it('finds no launch where a variable is absent or no number', () => {
    expect(readLaunch({})).toBeUndefined();
    expect(readLaunch({ PMI_RANK: '0' })).toBeUndefined();
    expect(readLaunch({ PMI_RANK: 'x', PMI_SIZE: '2' })).toBeUndefined();
  });
});

describe('openCommunicator', () => {
  it('is one process where no launcher started this one', async () => {
    const ranks = await openCommunicator();
    expect([ranks.library, ranks.size]).toEqual(['one process', 1]);
  });

  it.each([
    { procid: '0', warns: true },
    { procid: '1', warns: false },
  ])(
    'is one process among those of a plain srun, which task $procid says: $warns',
    async ({ procid, warns }) => {
      vi.stubEnv('SLURM_STEP_NUM_TASKS', '4');
      vi.stubEnv('SLURM_PROCID', procid);
      const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
      expect((await openCommunicator()).size).toBe(1);
      const words = 'srun started 4 tasks without MPI, of which each is a program of its own.';
      expect(warned.mock.calls.map(([text]) => String(text).slice(0, words.length))).toEqual(
        warns ? [words] : [],
      );
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
    },
  );
});
