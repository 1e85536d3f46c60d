import { correctStockBatchNormalization } from '@zoo/core';
import {
  ArgumentError,
  expectOneOf,
  isZooError,
  readOptions,
  ZooError,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { ENGINE_NAMES, type EngineName } from './engine-name';
import {
  isAbsence,
  MEMORY_LIMIT_BYTES,
  THREADS,
  type EngineAbsence,
  type EngineCandidate,
  type EngineRequest,
  type StartedEngine,
} from './engines/engine-candidate';
import { ENGINE_CANDIDATES } from './engines/engine-candidates';
import { WASM_LOCATION } from './engines/wasm/wasm-location';

const SELECT_ENGINE_OPTIONS = {
  /**
   * One name: that engine or an error. A list: these first, in this order, and the others after them; never an error.
   * Default: the fastest that is present.
   */
  prefer: { type: 'any', expected: 'the name of an engine, or a list of names' } as AnyRow<
    EngineName | readonly EngineName[]
  >,
  /** What the engine is used for: 'infer' leaves out what only training needs. Default 'train'. */
  purpose: { type: 'choice', choices: ['train', 'infer'], default: 'train' },
  /** Number of threads. Default: the engine's own choice, from the cores that the process may use. */
  threads: THREADS,
  /** Bytes that tensors may take on wasm and webgpu; more is an error. Default: the end of the wasm heap, 4 GiB; the card's memory. */
  memoryLimitBytes: MEMORY_LIMIT_BYTES,
  /**
   * Where tfjs-backend-wasm's .wasm files are: a folder's path or URL, or the place of each file by its name, as bundlers give them.
   * Default: the installed package; in a page, a script of this package that holds the file.
   */
  wasmLocation: WASM_LOCATION,
  /**
   * Which of several graphics cards is used: its number from '0', as Dawn lists them for webgpu and CUDA for tensorflow-gpu, or for webgpu
   * a part of its name. Default: `$ZOO_GPU` in Node.js, or else the fastest.
   */
  card: { type: 'any', expected: 'a text' } as AnyRow<string>,
  /**
   * 'float16' rounds the operands of convolutions to 16-bit floats on webgpu and sums them in 32 bits, on cards with shader-f16; weights,
   * gradients and all other values stay float32. Default 'float32'.
   */
  precision: { type: 'choice', choices: ['float32', 'float16'], default: 'float32' },
} as const satisfies OptionTable;

/** Options of {@link selectEngine}. */
export interface SelectEngineOptions extends OptionsOf<typeof SELECT_ENGINE_OPTIONS> {}

/** An engine that was tried and can't run here. */
export interface UnavailableEngine {
  readonly name: EngineName;
  /** A clause without a full stop: "not installed". */
  readonly reason: string;
}

/** What {@link selectEngine} chose. */
export interface SelectedEngine {
  readonly name: EngineName;
  /** Threads it computes on, where that is known. */
  readonly threads: number | undefined;
  /** Bytes that tensors may take: `memoryLimitBytes`, or the end of wasm's heap. Undefined where nothing but the machine or its card sets an end. */
  readonly memoryBytes: number | undefined;
  /** Why this one, for people. */
  readonly reason: string;
  /** What was tried before it, in order. */
  readonly unavailable: readonly UnavailableEngine[];
  /** Stops the engine's threads, so that the process can end by itself; call it when nothing will be computed any more. */
  dispose(): Promise<void>;
}

/**
 * Starts the best available engine, makes it TensorFlow.js' current backend and registers the kernels that it lacks.
 *
 * Engines that are not installed or can't run here are skipped; `unavailable` says why. From then on stock batch norms are correct along
 * any axis (`correctStockBatchNormalization` of `@zoo/core`).
 *
 * @example
 * const engine = await selectEngine();
 * console.log(describeEngines(engine));
 *
 * @throws ArgumentError for a name or option that is not known.
 * @throws ZooError 'engine-unavailable' if `prefer` is one name and that engine is unavailable; it says how to get it.
 * @throws ZooError 'out-of-memory' for a `memoryLimitBytes` that an engine does not start in.
 * @throws ZooError 'invalid-file' in a page whose server does not have wasm's files where `wasmLocation` says.
 */
export async function selectEngine(options: SelectEngineOptions = {}): Promise<SelectedEngine> {
  return selectAmong(ENGINE_CANDIDATES, options);
}

/** {@link selectEngine} among `candidates`, the best first. */
export async function selectAmong(
  candidates: readonly EngineCandidate[],
  options: SelectEngineOptions,
): Promise<SelectedEngine> {
  const { names, request } = checkOptions(options);
  const byName = new Map(candidates.map((candidate) => [candidate.name, candidate]));
  const unavailable: UnavailableEngine[] = [];
  for (const name of names) {
    const candidate = byName.get(name);
    if (candidate === undefined) continue;
    const outcome = await tryToStart(candidate, request);
    if (!isAbsence(outcome)) return selected(name, outcome, unavailable, request);
    if (request.isNamed) throw unavailableError(name, outcome);
    unavailable.push({ name, reason: outcome.absentBecause });
  }
  const reasons = unavailable.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new ZooError(
    'engine-unavailable',
    `Expected an engine that runs here but none does (${reasons}). Install one of them.`,
  );
}

function checkOptions(options: SelectEngineOptions): { names: EngineName[]; request: EngineRequest } {
  const { prefer, card = cardFromEnvironment(), ...settled } = readOptions(SELECT_ENGINE_OPTIONS, options);
  if (card !== undefined && (typeof card !== 'string' || card === '')) {
    throw new ArgumentError('options.card', "a part of a card's name, or its number as a string", card);
  }
  const isNamed = prefer !== undefined && !Array.isArray(prefer);
  const request = { ...settled, card, isNamed };
  if (isNamed) return { names: [expectOneOf('options.prefer', prefer, ENGINE_NAMES)], request };
  return { names: orderOfTrial(prefer), request };
}

function cardFromEnvironment(): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const card = process?.env?.['ZOO_GPU'];
  return card === '' ? undefined : card;
}

function orderOfTrial(prefer: readonly unknown[] | undefined): EngineName[] {
  const first = (prefer ?? []).map((name) => expectOneOf('options.prefer', name, ENGINE_NAMES));
  if (new Set(first).size !== first.length) {
    throw new ArgumentError('options.prefer', 'each engine once', prefer);
  }
  return [...first, ...ENGINE_NAMES.filter((name) => !first.includes(name))];
}

async function tryToStart(
  candidate: EngineCandidate,
  request: EngineRequest,
): Promise<StartedEngine | EngineAbsence> {
  try {
    return await candidate.start(request);
  } catch (error) {
    // A page without wasm's files would otherwise freeze for half a minute on cpu, and a limit that is too small hold where none is kept.
    if (isZooError(error, 'invalid-file') || isTooSmall(error, request)) throw error;
    return { absentBecause: firstLine(error), remedy: 'The engine is installed but failed to start.' };
  }
}

const isTooSmall = (error: unknown, { memoryLimitBytes }: EngineRequest): boolean =>
  memoryLimitBytes !== undefined && isZooError(error, 'out-of-memory');

/** The message of an error without the stack traces and hints that native loaders append to it. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n')[0]!.replace(/\.$/, '');
}

function selected(
  name: EngineName,
  engine: StartedEngine,
  unavailable: readonly UnavailableEngine[],
  { isNamed, purpose, memoryLimitBytes }: EngineRequest,
): SelectedEngine {
  correctStockBatchNormalization();
  const aim = purpose === 'train' ? 'training' : 'inference';
  const why = isNamed ? 'asked for by name' : `the best present for ${aim}`;
  return {
    name,
    threads: engine.threads,
    memoryBytes: smaller(engine.memoryBytes, memoryLimitBytes),
    reason: `${why}: ${engine.description}`,
    unavailable,
    dispose: () => engine.dispose(),
  };
}

const smaller = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined || right === undefined ? (left ?? right) : Math.min(left, right);

function unavailableError(name: EngineName, { absentBecause, remedy }: EngineAbsence): ZooError {
  return new ZooError(
    'engine-unavailable',
    `The engine '${name}' can't be used: ${absentBecause}. ${remedy}`,
  );
}
