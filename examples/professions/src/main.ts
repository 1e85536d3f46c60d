import { isZooError } from '@zoo/core';

import { interruptible, Interruption } from './interruption';
import { HELP, parseOptions } from './options';
import { run } from './run';

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options.help) {
      process.stdout.write(`${HELP}\n`);
      return 0;
    }
    await interruptible(
      () => process.stderr.write('\nstopping after this update; Ctrl-C again stops at once\n'),
      (signal) => run(options, signal),
    );
    return 0;
  } catch (error) {
    if (error instanceof Interruption) {
      process.stderr.write('stopped; add --resume to go on from the last checkpoint\n');
      return error.exitStatus;
    }
    if (!isZooError(error) && !isSystemError(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** What the operating system refuses: no permission, no space, a file where a folder should be. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

process.exitCode = await main();
