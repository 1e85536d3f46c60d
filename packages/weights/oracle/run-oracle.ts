import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Python with Keras, TensorFlow, PyTorch and onnxruntime. */
export const PYTHON = process.env['ZOO_ORACLE_PYTHON'] ?? join(homedir(), '.cache/zoo/oracle/bin/python');
export const hasOracle = existsSync(PYTHON);
if (!hasOracle) process.stderr.write(`oracle tests skipped: no Python at ${PYTHON}\n`);

/** Runs a script beside this file on a JSON job and gives what it prints on its last line, parsed. */
export async function runOracle<Result>(script: string, job: unknown, jobPath: string): Promise<Result> {
  await writeFile(jobPath, JSON.stringify(job));
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(PYTHON, [path, jobPath], {
    env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: '0', TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Result;
}
