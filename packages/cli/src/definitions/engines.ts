import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { EnginesOptions } from '../commands/engines';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo engines`. */
export function defineEngines(program: Command, io: CommandIo): void {
  program
    .command('engines')
    .summary('show which engine would be chosen here, and why not the others')
    .description('Shows which engine would be chosen on this machine, and why not the others.')
    .addOption(
      new Option('--purpose <purpose>', 'what it is for').choices(['train', 'infer']).default('train'),
    )
    .addOption(SHARED_OPTIONS.engine())
    .addOption(SHARED_OPTIONS.threads())
    .addOption(SHARED_OPTIONS.json())
    .addHelpText('after', examples('zoo engines --purpose infer'))
    .action(async (options: EnginesOptions) => {
      const { showEngines } = await import('../commands/engines');
      await showEngines(options, io);
    });
}
