import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Python with the reference libraries: $ZOO_ORACLE_PYTHON, or the default environment's. */
export const ORACLE_PYTHON =
  process.env['ZOO_ORACLE_PYTHON'] ?? join(homedir(), '.cache/zoo/oracle/bin/python');

/** True where there is none: `describe.skipIf(isOracleAbsent)`. */
export const isOracleAbsent = !existsSync(ORACLE_PYTHON);

/** What a suite's title says of its being skipped: nothing where it runs. */
export const ORACLE_NOTE = isOracleAbsent ? ` (skipped: no Python at ${ORACLE_PYTHON})` : '';

/** The process' environment, with a TensorFlow that is quiet and computes on the processor as everywhere. */
export const ORACLE_ENVIRONMENT = {
  ...process.env,
  TF_ENABLE_ONEDNN_OPTS: '0',
  TF_CPP_MIN_LOG_LEVEL: '3',
  CUDA_VISIBLE_DEVICES: '',
};

/** Runs a script on a JSON job, which is written to `jobPath`, and gives what it prints on its last line, parsed. */
export async function runOracle<Result>(script: string, job: unknown, jobPath: string): Promise<Result> {
  await writeFile(jobPath, JSON.stringify(job));
  const { stdout } = await promisify(execFile)(ORACLE_PYTHON, [script, jobPath], {
    env: ORACLE_ENVIRONMENT,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Result;
}
