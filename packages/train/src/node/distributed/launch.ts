/** What the launcher of an MPI program tells each process in its environment. */
export interface Launch {
  readonly rank: number;
  readonly size: number;
  /** The rank among those of this machine, or undefined where the launcher does not say. */
  readonly localRank: number | undefined;
  /** Whose launcher it was, as far as its variables tell. */
  readonly family: 'open-mpi' | 'mpich';
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads what `mpirun`, `mpiexec` or `srun --mpi` has written into the environment, or undefined if none of them started this process.
 *
 * Nothing is loaded for it. Open MPI's variables are `OMPI_COMM_WORLD_*`; MPICH, Intel MPI, MVAPICH and `srun --mpi=pmi2` set
 * `PMI_RANK` and `PMI_SIZE`; `srun --mpi=pmix`, by which SLURM starts Open MPI's programs, sets `PMIX_RANK`. A plain `srun` sets
 * none: see {@link tasksWithoutMpi}.
 */
export function readLaunch(environment: Environment = process.env): Launch | undefined {
  const integer = (name: string): number | undefined => {
    const text = environment[name];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const launch = (
    family: Launch['family'],
    rank: number | undefined,
    size: number | undefined,
    localRank: number | undefined,
  ): Launch | undefined =>
    rank === undefined || size === undefined ? undefined : { rank, size, localRank, family };
  return (
    launch(
      'open-mpi',
      integer('OMPI_COMM_WORLD_RANK'),
      integer('OMPI_COMM_WORLD_SIZE'),
      integer('OMPI_COMM_WORLD_LOCAL_RANK'),
    ) ??
    launch(
      'mpich',
      integer('PMI_RANK'),
      integer('PMI_SIZE'),
      integer('MPI_LOCALRANKID') ?? integer('SLURM_LOCALID'),
    ) ??
    // A shell that srun started has these too, as the only task.
    ((integer('SLURM_STEP_NUM_TASKS') ?? 1) > 1
      ? launch('open-mpi', integer('PMIX_RANK'), integer('SLURM_STEP_NUM_TASKS'), integer('SLURM_LOCALID'))
      : undefined)
  );
}

/** How many processes a `srun` without MPI started that take themselves for the only one, as this one sees that; 1 as a rule. */
export function tasksWithoutMpi(environment: Environment = process.env): number {
  return readLaunch(environment) === undefined ? Number(environment['SLURM_STEP_NUM_TASKS'] ?? 1) : 1;
}
