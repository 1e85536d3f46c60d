import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { median } from './median';

/** peers/keras_step.py, seen from dist/. */
export const KERAS_STEP = fileURLToPath(new URL('../peers/keras_step.py', import.meta.url));

/** A process that makes one step for each line it is sent. */
export interface StepProcess {
  readonly name: string;
  /** Milliseconds of one step. */
  step(): Promise<number>;
  /** Ends the process; its peak memory in MB. */
  end(): Promise<number>;
}

/** What {@link timeInTurn} found out about one process. */
export interface StepTimes {
  readonly name: string;
  readonly medianMs: number;
  readonly bestMs: number;
  /** Median over the rounds of the time against the first process' in the same round. */
  readonly ratio: number;
  readonly peakMegabytes: number;
}

/** Starts a program that prints `ready`, then for each line it reads the milliseconds of a step, and its peak memory in MB at the end. */
export async function startStepProcess(
  name: string,
  command: string,
  args: readonly string[],
): Promise<StepProcess> {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', TF_ENABLE_ONEDNN_OPTS: '0' },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${name} ended early.`);
    return value;
  };
  while ((await next()) !== 'ready');
  return {
    name,
    step: async () => {
      child.stdin.write('step\n');
      return Number(await next());
    },
    end: async () => {
      child.stdin.end();
      const peakMegabytes = Number(await next());
      await once(child, 'close');
      return peakMegabytes;
    },
  };
}

const WARM_UP_ROUNDS = 2;
/** The threads of the process before spin for a while when they have nothing to do. */
const PAUSE_MS = 100;

/** Lets all make a step in turn, `rounds` times after two to warm up, and ends them: what else the machine does falls on all alike. */
export async function timeInTurn(
  processes: readonly StepProcess[],
  rounds: number,
): Promise<readonly StepTimes[]> {
  const times = processes.map(() => [] as number[]);
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
    for (const [index, { step }] of processes.entries()) {
      await setTimeout(PAUSE_MS);
      const milliseconds = await step();
      if (round >= WARM_UP_ROUNDS) times[index]!.push(milliseconds);
    }
  }
  const results: StepTimes[] = [];
  for (const [index, { name, end }] of processes.entries()) {
    results.push({
      name,
      medianMs: median(times[index]!),
      bestMs: Math.min(...times[index]!),
      ratio: median(times[index]!.map((milliseconds, round) => milliseconds / times[0]![round]!)),
      peakMegabytes: await end(),
    });
  }
  return results;
}

/** Answers for a step process: prints `ready`, makes a step for each line, and prints the peak memory at the end. */
export async function serveSteps(step: () => void): Promise<never> {
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === '') continue;
    const start = performance.now();
    step();
    process.stdout.write(`${performance.now() - start}\n`);
  }
  process.stdout.write(`${process.resourceUsage().maxRSS / 1024}\n`);
  process.exit(0);
}
