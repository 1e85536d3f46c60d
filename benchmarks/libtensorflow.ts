/**
 * A net on libtensorflow beside Keras on the same TensorFlow and beside the wasm engine, in one run, step by step in turn.
 *
 * `node benchmarks/run.mjs libtensorflow [train|predict] [size] [batch] [rounds] [network]`, with $ZOO_TFJS_NODE (or a build of
 * `zoo native`) and $ZOO_ORACLE_PYTHON (or ~/.cache/zoo/oracle/bin/python). Ratios are to the first line: Keras' step for resnet50,
 * the default, stock tfjs-node's for nets that Keras lacks. A busy machine slows all alike: read the ratios, not the milliseconds.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A process that makes one step for each line it is sent. */
interface Peer {
  name: string;
  step(): Promise<number>;
  /** Ends the process; its peak memory in MB. */
  end(): Promise<number>;
}

async function startPeer(name: string, command: string, args: readonly string[]): Promise<Peer> {
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)]!;
}

const [mode = 'train', size = '128', batch = '16', rounds = '7', network = 'resnet50'] =
  process.argv.slice(2);
const python = process.env.ZOO_ORACLE_PYTHON ?? join(homedir(), '.cache/zoo/oracle/bin/python');
const kerasStep = fileURLToPath(new URL('../peers/keras_step.py', import.meta.url));
const stepFile = fileURLToPath(new URL('libtensorflow-step.mjs', import.meta.url));
const contenders = [
  ['tfjs-node, stock', 'stock'],
  ['tfjs-node, zoo', 'zoo'],
  ...(mode === 'train' ? [] : [['tfjs-node, folded', 'folded']]),
  ['wasm, zoo', 'wasm'],
] as const;
const peers = await Promise.all([
  ...(network === 'resnet50' ? [startPeer('Keras', python, [kerasStep, mode, 'ResNet50', size, batch])] : []),
  ...contenders.map(([name, kind]) =>
    startPeer(name, process.execPath, [stepFile, kind, mode, size, batch, network]),
  ),
]);
const times = peers.map(() => [] as number[]);
const WARM_UP_ROUNDS = 2;
for (let round = 0; round < WARM_UP_ROUNDS + Number(rounds); round++) {
  for (const [index, peer] of peers.entries()) {
    // The threads of the peer before spin for a while when they have nothing to do.
    await setTimeout(100);
    const milliseconds = await peer.step();
    if (round >= WARM_UP_ROUNDS) times[index]!.push(milliseconds);
  }
}
console.log(`${network}, ${mode}, ${size} px, batch ${batch}, ${rounds} rounds in turn`);
const first = peers[0]!.name;
let firstMegabytes = 0;
for (const [index, peer] of peers.entries()) {
  const megabytes = await peer.end();
  if (index === 0) firstMegabytes = megabytes;
  // Each round's own ratio: what else the machine does falls on neighbours alike.
  const ratio = median(times[index]!.map((milliseconds, round) => milliseconds / times[0]![round]!));
  console.log(
    `${peer.name.padEnd(18)} ${median(times[index]!).toFixed(0).padStart(6)} ms  ${ratio.toFixed(2)} x ${first}   ` +
      `peak ${megabytes.toFixed(0).padStart(5)} MB  ${(megabytes / firstMegabytes).toFixed(2)} x ${first}`,
  );
}
