import { describeEngines } from '@zoo/engine';

import { printJson, printLine, type CommandIo } from '../command-io';
import { startEngine, type EngineOptions } from '../start-engine';

/** Options of `zoo engines`. */
export interface EnginesOptions extends EngineOptions {
  purpose: 'train' | 'infer';
  json?: boolean;
}

/** Prints which engine would be chosen, and why not the others. */
export async function showEngines(options: EnginesOptions, io: CommandIo): Promise<void> {
  const engine = await startEngine(options);
  try {
    const { name, threads, reason, passedOver } = engine;
    if (options.json === true) printJson(io, { name, threads: threads ?? null, reason, passedOver });
    else printLine(io, describeEngines(engine));
  } finally {
    await engine.dispose();
  }
}
