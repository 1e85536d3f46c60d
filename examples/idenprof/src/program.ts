import { isZooError } from '@zoo/core';
import { describeEngines, selectEngine } from '@zoo/engine';

import { readOptions, USAGE, type ProgramOptions } from './options';
import type { Print } from './printed-lines';
import { runInference } from './run-inference';
import { trainNetwork } from './train-network';

/** Where the program writes. */
export interface ProgramOutput {
  print: Print;
  printError: Print;
}

/** Runs the program and gives its exit code: 0, 1 for what went wrong, 2 for a call that makes no sense. Errors are one line. */
export async function runProgram(
  args: readonly string[],
  { print, printError }: ProgramOutput,
): Promise<number> {
  let options: ProgramOptions;
  try {
    options = readOptions(args);
  } catch (error) {
    printError(sentence(error));
    return 2;
  }
  if (options.command === 'help') {
    print(USAGE);
    return 0;
  }
  try {
    const engine = await selectEngine({ purpose: options.command === 'predict' ? 'infer' : 'train' });
    try {
      if (options.command === 'predict') print(await runInference(options));
      else {
        printError(describeEngines(engine));
        await trainNetwork({ ...options, print });
      }
    } finally {
      await engine.dispose();
    }
    return 0;
  } catch (error) {
    printError(sentence(error));
    return 1;
  }
}

function sentence(error: unknown): string {
  if (isZooError(error)) return error.message;
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path !== undefined) return `Expected a file at ${path} but there is none.`;
  if (code !== undefined && path !== undefined) return `${path} can't be read or written: ${code}.`;
  return message;
}
