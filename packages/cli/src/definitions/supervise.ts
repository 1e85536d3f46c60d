import { Option, type Command } from 'commander';

import type { CommandIo } from '../command-io';
import type { SuperviseOptions } from '../commands/supervise';
import { FailedCommandError } from '../failed-command-error';
import { integerOption } from '../option-values';

import { examples } from './shared-options';

/** Declares `zoo supervise`. */
export function defineSupervise(program: Command, io: CommandIo): void {
  program
    .command('supervise')
    .summary('start a command again when it fails')
    .description(
      'Runs a command and starts it again when it fails: with `zoo train --continue` a run goes on from its last checkpoint after a rank, a ' +
        'machine or a driver has died. A request to end (SIGTERM) is passed on and is no failure.',
    )
    .argument('<command...>', 'the command, behind --')
    .addOption(
      new Option('--max-restarts <count>', 'starts after the first one (default: 3)').argParser(
        integerOption(0),
      ),
    )
    .addHelpText(
      'after',
      examples(
        'zoo supervise -- zoo train pictures --continue',
        'zoo supervise --max-restarts 10 -- mpirun -n 8 zoo train pictures --continue',
      ),
    )
    .action(async (command: [string, ...string[]], options: SuperviseOptions) => {
      const { supervise } = await import('../commands/supervise');
      const status = await supervise(command, options, io);
      if (status !== 0) throw new FailedCommandError(status);
    });
}
