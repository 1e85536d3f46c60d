import { openCommunicator } from '../src/distributed';

/** Runs every exchange and prints what each rank has got as a line of JSON; `abort`: the highest rank ends all while they wait; `die`: it is killed. */
async function main(mode: string | undefined): Promise<void> {
  const ranks = await openCommunicator();
  const { rank, size, localRank, library } = ranks;

  if (mode === 'abort' || mode === 'die') {
    // Rank 0 stays away, so that all others, the one that aborts included, are in the middle of an exchange.
    const end = (): unknown => (mode === 'abort' ? ranks.abort(7) : process.kill(process.pid, 'SIGKILL'));
    if (rank === size - 1) setTimeout(end, 200);
    if (rank === 0) await new Promise((resolve) => setTimeout(resolve, 60_000));
    await ranks.allReduce(new Float32Array(1));
    throw new Error('An exchange without rank 0 settled.');
  }

  const short = Float32Array.of(rank + 1, 0.5);
  await ranks.allReduce(short);
  const doubles = Float64Array.of(rank, -rank);
  await ranks.allReduce(doubles, 'max');
  const integers = Int32Array.of(rank + 10);
  await ranks.allReduce(integers, 'min');
  const sent = rank === size - 1 ? Float32Array.of(3, 4) : new Float32Array(2);
  await ranks.broadcast(sent, size - 1);
  const now = Float64Array.of(rank, 1);
  ranks.allReduceNow(now);
  const swapped = await ranks.allToAll(
    Int32Array.from({ length: 2 * size }, (_, index) => 100 * rank + index),
  );
  const odd = await ranks
    .allToAll(new Int32Array(2 * size + 1))
    .catch((error: unknown) => (error as Error).message);
  const gathered = await ranks.allGather(Int32Array.of(rank, rank * rank));

  // Three at once, in one order on all ranks, while the collector runs; a view of a larger array, its neighbors left alone.
  const large = new Float32Array(1_000_003).fill(rank + 1);
  const view = large.subarray(1, 1_000_002);
  const other = new Float32Array(1_000_003).fill(1);
  const wait = [ranks.allReduce(view), ranks.allReduce(other), ranks.barrier()];
  let turns = 0;
  const count = setInterval(() => turns++, 1);
  for (let index = 0; index < 50; index++) new Float32Array(100_000).fill(index);
  await Promise.all(wait);
  clearInterval(count);

  // While this thread computes, what is under way goes on; an exchange that it stands still for overtakes nothing.
  const shared = new Float32Array(new SharedArrayBuffer(4 * 100_000)).fill(rank);
  const background = ranks.allReduce(shared);
  ranks.allReduceNow(now);
  let sharedNow = 0;
  for (
    const until = performance.now() + 5000;
    performance.now() < until && sharedNow !== shared.length * ((size * (size - 1)) / 2);
  )
    sharedNow = shared.reduce((sum, value) => sum + value, 0);
  await background;

  // The event loop goes on while a rank waits for one that is late.
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 5);
  if (rank === 0) await new Promise((resolve) => setTimeout(resolve, 300));
  await ranks.barrier();
  clearInterval(ticking);

  const wrongRoot = await ranks.broadcast(sent, size).catch((error: unknown) => (error as Error).message);
  await ranks.finalize();
  await ranks.finalize();
  const late = await ranks.barrier().catch((error: unknown) => (error as Error).message);
  process.stdout.write(
    `${JSON.stringify({
      rank,
      size,
      localRank,
      library,
      short: [...short],
      doubles: [...doubles],
      integers: [...integers],
      sent: [...sent],
      gathered: [...gathered],
      now: [...now],
      swapped: [...swapped],
      odd: size === 1 ? undefined : odd,
      sharedNow,
      other: other.at(-1),
      view: [large[0], view[0], view.at(-1), large.at(-1)],
      ticks,
      wrongRoot,
      late,
    })}\n`,
  );
}

await main(process.argv[2]);
