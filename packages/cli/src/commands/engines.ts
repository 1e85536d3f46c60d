import { describeEngines } from '@zoo/engine';
import { Option, type Command } from 'commander';

import { type CommandIo, printJson, printLine } from '../command-io';
import { startEngine, type EngineOptions } from '../start-engine';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo engines`. */
export function defineEngines(command: Command, io: CommandIo): void {
  command
    .description('Shows which engine would be chosen on this machine, and why not the others.')
    .addOption(
      new Option('--purpose <purpose>', 'what it is for').choices(['train', 'infer']).default('train'),
    )
    .addOption(SHARED_OPTIONS.engine())
    .addOption(SHARED_OPTIONS.threads())
    .addOption(SHARED_OPTIONS.json())
    .addHelpText('after', examples('zoo engines --purpose infer'))
    .action((options: EnginesOptions) => showEngines(options, io));
}

/** Options of `zoo engines`. */
export interface EnginesOptions extends EngineOptions {
  purpose: 'train' | 'infer';
  json?: boolean;
}

/** Prints which engine would be chosen, and why not the others. */
export async function showEngines(options: EnginesOptions, io: CommandIo): Promise<void> {
  const engine = await startEngine(options);
  try {
    const { name, threads, reason, unavailable } = engine;
    if (options.json === true) printJson(io, { name, threads: threads ?? null, reason, unavailable });
    else printLine(io, describeEngines(engine));
  } finally {
    await engine.dispose();
  }
}
