import { isZooError } from '@zoo/core';
import {
  ENGINE_NAMES,
  keepTunedProducts,
  measureRoofline,
  profileKernels,
  selectEngine,
  tuneWebgpuProducts,
  type EngineName,
  type KernelProfile,
  type Roofline,
  type SelectedEngine,
} from '@zoo/engine';
import { Option, type Command } from 'commander';

import { startBench, type BenchTask } from '../bench/time-steps';
import { type CommandIo, printJson, printLine, noteLine } from '../command-io';
import { flag } from '../flags';
import type { ImageSizeOption } from '../option-values';
import { formatTable, type Alignment } from '../output/format-table';
import { startEngine, type EngineOptions } from '../start-engine';

import { examples, SHARED_OPTIONS } from './shared-options';

const STEPS = { type: 'integer', minimum: 1, maximum: 1000, default: 5 } as const;

/** Declares `zoo bench`. */
export function defineBench(command: Command, io: CommandIo): void {
  command
    .description(
      'Times training steps on every engine that is present, one after the other, with random pictures. ' +
        'With --profile it lists the kernels of a step on a graphics card; with --tune it measures how the card computes each ' +
        'matrix product fastest and keeps that for later runs.',
    )
    .addOption(
      new Option('--networks <names...>', 'networks to train').default(
        ['resnet18', 'resnet50'],
        'resnet18 resnet50',
      ),
    )
    .addOption(SHARED_OPTIONS.imageSize('height and width of the pictures (default: 128)'))
    .addOption(SHARED_OPTIONS.batchSize(16))
    .addOption(flag('--steps <count>', 'steps to time, after two to warm up', STEPS).default(STEPS.default))
    .addOption(SHARED_OPTIONS.engine())
    .addOption(SHARED_OPTIONS.threads())
    .addOption(new Option('--profile', 'list the kernels of a step on webgpu with their time'))
    .addOption(new Option('--tune', 'measure tile sizes on webgpu and keep them in the cache folder'))
    .addOption(SHARED_OPTIONS.json())
    .addHelpText(
      'after',
      examples('zoo bench', 'zoo bench --engine webgpu --networks resnet50 --image-size 224 --profile'),
    )
    .action((options: BenchOptions) => bench(options, io));
}

/** Options of `zoo bench`. */
export interface BenchOptions extends EngineOptions {
  networks: string[];
  imageSize?: ImageSizeOption;
  batchSize?: number;
  steps: number;
  profile?: boolean;
  tune?: boolean;
  json?: boolean;
}

/** One network on one engine. */
interface BenchRow extends BenchTask {
  readonly engine: EngineName;
  /** Median milliseconds of a step; undefined where it could not be made. */
  readonly stepMs?: number;
  readonly picturesASecond?: number;
  readonly gflopsASecond?: number;
  /** Why there is no time. */
  readonly failure?: string;
  readonly profile?: KernelProfile;
}

interface BenchEngine {
  readonly name: EngineName;
  readonly reason: string;
  readonly roofline?: Roofline | undefined;
}

const WARM_UP_STEPS = 2;
const DEFAULT_SIZE = 128;
const DEFAULT_BATCH_SIZE = 16;
/** Kernels beyond these take too little time to matter. */
const PROFILE_ROWS = 25;

/** Times training steps on every engine that is present. */
export async function bench(options: BenchOptions, io: CommandIo): Promise<void> {
  const engines: BenchEngine[] = [];
  const rows: BenchRow[] = [];
  for (const name of namesToTry(options)) {
    const engine = await present(name, options, io);
    if (engine === undefined) continue;
    try {
      noteLine(io, `engine: ${engine.name}, ${engine.reason}`);
      const roofline =
        options.profile === true && engine.name === 'webgpu' ? await measureRoofline() : undefined;
      engines.push({ name: engine.name, reason: engine.reason, roofline });
      for (const network of options.networks)
        rows.push(await benchNetwork(engine.name, network, options, io));
    } finally {
      await engine.dispose();
    }
  }
  if (options.json === true) printJson(io, { engines, rows });
  else printRows(engines, rows, io);
}

/** The engine that was asked for, or all but cpu, which takes minutes for a step. */
function namesToTry({ engine }: BenchOptions): (EngineName | undefined)[] {
  return engine === undefined ? ENGINE_NAMES.filter((name) => name !== 'cpu') : [undefined];
}

/** The engine of that name if it is here; undefined stands for the one that the options name. */
async function present(
  name: EngineName | undefined,
  options: BenchOptions,
  io: CommandIo,
): Promise<SelectedEngine | undefined> {
  if (name === undefined) return startEngine({ ...options, purpose: 'train' });
  // In a list, so that a software adapter is skipped.
  const engine = await selectEngine({
    prefer: [name, 'cpu'],
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  if (engine.name === name) return engine;
  noteLine(io, `${name}: ${engine.unavailable[0]?.reason ?? 'unavailable'}`);
  await engine.dispose();
  return undefined;
}

async function benchNetwork(
  engine: EngineName,
  network: string,
  options: BenchOptions,
  io: CommandIo,
): Promise<BenchRow> {
  const imageSize = options.imageSize ?? ([DEFAULT_SIZE, DEFAULT_SIZE] as const);
  const task = { network, imageSize, batchSize: options.batchSize ?? DEFAULT_BATCH_SIZE };
  const run = startBench(task);
  try {
    if (options.tune === true && engine === 'webgpu') await tune(() => run.timeSteps(1), network, io);
    await run.timeSteps(WARM_UP_STEPS);
    const stepMs = median(await run.timeSteps(options.steps + 1));
    const profile =
      options.profile === true && engine === 'webgpu'
        ? await profileKernels(() => run.timeSteps(1))
        : undefined;
    return {
      ...task,
      engine,
      stepMs,
      picturesASecond: (1000 * task.batchSize) / stepMs,
      gflopsASecond: run.flops / stepMs / 1e6,
      ...(profile !== undefined && { profile }),
    };
  } catch (error) {
    if (!isZooError(error, 'out-of-memory')) throw error;
    return { ...task, engine, failure: error.message };
  } finally {
    run.dispose();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]!;
}

function printRows(engines: readonly BenchEngine[], rows: readonly BenchRow[], io: CommandIo): void {
  const heading = ['engine', 'network', 'pixels', 'batch', 'ms a step', 'pictures/s', 'GFLOP/s'];
  const alignments: Alignment[] = ['left', 'left', 'right', 'right', 'right', 'right', 'right'];
  const cells = rows.map((row) => [
    row.engine,
    row.network,
    row.imageSize.join(' x '),
    `${row.batchSize}`,
    ...(row.stepMs === undefined
      ? ['out of memory']
      : [row.stepMs, row.picturesASecond!, row.gflopsASecond!].map(threeDigits)),
  ]);
  for (const line of formatTable([heading, ...cells], alignments)) printLine(io, line);
  for (const { failure } of rows) if (failure !== undefined) noteLine(io, failure);
  for (const { network, profile } of rows) {
    if (profile !== undefined) printProfile(network, profile, engines[0]?.roofline, io);
  }
}

function printProfile(
  network: string,
  profile: KernelProfile,
  roofline: Roofline | undefined,
  io: CommandIo,
): void {
  const { kernels, dispatches, submissions } = profile;
  const total = kernels.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0);
  printLine(io);
  printLine(
    io,
    `${network}: ${dispatches} dispatches in ${submissions} submissions, ${threeDigits(total)} ms on the card`,
  );
  if (roofline !== undefined) {
    const { flopsASecond, bytesASecond } = roofline;
    printLine(
      io,
      `the card reaches ${threeDigits(flopsASecond / 1e9)} GFLOP/s and ${threeDigits(bytesASecond / 1e9)} GB/s`,
    );
  }
  const heading = ['kernel', 'calls', 'ms', 'share', 'GFLOP/s', 'MB', 'GB/s', 'of roofline'];
  const alignments: Alignment[] = ['left', ...heading.slice(1).map((): Alignment => 'right')];
  const cells = kernels.slice(0, PROFILE_ROWS).map(({ shader, calls, milliseconds, flops, bytes }) => {
    const known = milliseconds === undefined || milliseconds === 0 ? undefined : milliseconds;
    return [
      shader,
      `${calls}`,
      known === undefined ? '' : threeDigits(known),
      known === undefined ? '' : `${((100 * known) / total).toFixed(1)} %`,
      known === undefined || flops === 0 ? '' : threeDigits(flops / known / 1e6),
      threeDigits(bytes / 1e6),
      known === undefined ? '' : threeDigits(bytes / known / 1e6),
      known === undefined || roofline === undefined
        ? ''
        : `${(100 * fraction(roofline, flops, bytes, known)).toFixed(0)} %`,
    ];
  });
  for (const line of formatTable([heading, ...cells], alignments)) printLine(io, line);
}

/** The time that the card's speed or its memory allows at best, over the time it took. */
function fraction(
  { flopsASecond, bytesASecond }: Roofline,
  flops: number,
  bytes: number,
  ms: number,
): number {
  return (1000 * Math.max(flops / flopsASecond, bytes / bytesASecond)) / ms;
}

function threeDigits(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

/** Measures how the card computes each matrix product of the steps fastest; the engine keeps it for later runs. */
async function tune(step: () => Promise<unknown>, network: string, io: CommandIo): Promise<void> {
  const tuned = await tuneWebgpuProducts(async () => {
    await step();
  });
  const file = keepTunedProducts(tuned);
  noteLine(io, `${network}: ${tuned.length} products measured, kept in ${file ?? 'memory'}`);
}
