import type { Command } from 'commander';

import type { CommandIo } from '../command-io';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo models`. */
export function defineModels(program: Command, io: CommandIo): void {
  program
    .command('models')
    .summary('list the networks of the family')
    .description('Lists the names that --model takes, with their parameters.')
    .addOption(SHARED_OPTIONS.json())
    .addHelpText('after', examples('zoo models'))
    .action(async (options: { json?: boolean }) => {
      const { listModels } = await import('../commands/models');
      listModels(options, io);
    });
}
