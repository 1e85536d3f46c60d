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
 * `PMI_RANK` and `PMI_SIZE`. A plain `srun` sets neither.
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
    )
  );
}
