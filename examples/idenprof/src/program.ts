import { isZooError } from '@zoo/core';
import { describeEngines, selectEngine } from '@zoo/engine';

import { readOptions, USAGE, type ProgramOptions } from './options';
import type { Print } from './printed-lines';
import { runInference } from './run-inference';
import { trainFast } from './train-fast';
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
        if (options.command === 'train') await trainNetwork({ ...options, print });
        else (await interruptible((signal) => trainFast({ ...options, print, signal }))).dispose();
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

/** Ctrl-C and a preempted machine's SIGTERM end the run after a checkpoint. */
async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const stop = (): void =>
    controller.abort(new Error('Stopped. The same command goes on from the last checkpoint.'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function sentence(error: unknown): string {
  if (isZooError(error)) return error.message;
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path !== undefined) return `Expected a file at ${path} but there is none.`;
  if (code !== undefined && path !== undefined) return `${path} can't be read or written: ${code}.`;
  return message;
}
