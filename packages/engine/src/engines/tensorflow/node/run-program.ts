import { spawn } from 'node:child_process';

import { ZooError } from '@zoo/core';

/** Options of {@link runProgram}. */
export interface RunProgramOptions {
  /** The folder to run it in. */
  directory?: string;
  environment?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end and returns what it wrote to its standard output.
 *
 * @throws ZooError `unsupported` with the end of what it wrote if it fails or is not there.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  { directory, environment, signal }: RunProgramOptions = {},
): Promise<string> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: directory,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let output = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      all += text;
    });
    child.on('error', (error) => {
      reject(signal?.aborted === true ? toError(signal.reason) : failure(command, error.message, all));
    });
    child.on('close', (status, killedBy) => {
      if (status === 0) resolve(output);
      else reject(failure(command, killedBy === null ? `status ${status!}` : killedBy, all));
    });
  });
}

function failure(command: string, how: string, output: string): ZooError {
  const lines = output.trim().split('\n').slice(-8).join('\n');
  return new ZooError(
    'unsupported',
    `\`${command}\` failed (${how}).${lines === '' ? '' : ` It said:\n${lines}`}`,
  );
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
