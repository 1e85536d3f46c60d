import { expectOneOf } from '@zoo/core';
import { ENGINE_NAMES, selectEngine, type SelectedEngine } from '@zoo/engine';

import { noteLine, type CommandIo } from './command-io';

/** How the user wants to compute. */
export interface EngineOptions {
  /** An engine's name; undefined leaves the choice. */
  engine?: string;
  threads?: number;
  /** Memory that tensors may take, in MiB. */
  memory?: number;
  /** The graphics card, where there are several: see `selectEngine`. */
  card?: string;
}

/** Starts an engine, says which one, runs `use` on it and stops it again, whatever happens. */
export async function withEngine<Result>(
  options: EngineOptions & { purpose: 'train' | 'infer' },
  io: CommandIo,
  use: (engine: SelectedEngine) => Promise<Result>,
): Promise<Result> {
  const engine = await startEngine(options);
  try {
    noteLine(io, `engine: ${engine.name}, ${engine.reason}`);
    return await use(engine);
  } finally {
    await engine.dispose();
  }
}

/** Runs `use`, which computes nothing, on the simplest engine there is, and prints nothing, TensorFlow.js' own notice included. */
export async function withoutEngine<Result>(use: () => Promise<Result>): Promise<Result> {
  const engine = await selectEngine({ prefer: 'cpu' });
  try {
    return await use();
  } finally {
    await engine.dispose();
  }
}

/** The engine that the options ask for; the caller disposes it. */
export async function startEngine(
  options: EngineOptions & { purpose: 'train' | 'infer' },
): Promise<SelectedEngine> {
  return selectEngine({
    purpose: options.purpose,
    ...(options.engine !== undefined && { prefer: expectOneOf('--engine', options.engine, ENGINE_NAMES) }),
    ...(options.threads !== undefined && { threads: options.threads }),
    ...(options.memory !== undefined && { memoryLimitBytes: options.memory * 2 ** 20 }),
    ...(options.card !== undefined && { card: options.card }),
  });
}
