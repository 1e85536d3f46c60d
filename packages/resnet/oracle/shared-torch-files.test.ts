import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import * as tf from '@tensorflow/tfjs-core';
import { isZooError } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import {
  isOracleAbsent,
  ORACLE_ENVIRONMENT,
  ORACLE_NOTE,
  ORACLE_PYTHON,
} from '../../../vitest.oracle-python';
import { loadNetwork } from '../src/node';

/** A generator of a ResNet-18 as PyTorch files of every habit, kept outside the repository. */
const CASES = process.env['ZOO_CASES'] ?? fileURLToPath(new URL('../../../../shared/cases', import.meta.url));
const isAbsent = isOracleAbsent || !existsSync(CASES);
const note = isOracleAbsent ? ORACLE_NOTE : isAbsent ? ` (skipped: no cases at ${CASES})` : '';

/** Files that are programs, or whose weights are stored otherwise, and what is said of them. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'torchscript.pt': /TorchScript archive\. Save its weights: torch\.save/,
  'whole_module.pth': /Save the state_dict only/,
  'weight_norm.pth': /a classifier of one dense layer/,
};
/** Another network than the one whose outputs are known. */
const OTHER_NETWORK = 'classes1000.pth';
/** The largest difference of a probability, where the file holds fewer bits. */
const HALF: Readonly<Record<string, number>> = {
  'fp16.pth': 2e-3,
  'bf16.pth': 2e-2,
  'bf16.safetensors': 2e-2,
};

const folder = join(tmpdir(), `zoo-torch-${process.pid}`);
const files = (): string => join(folder, 'out', 'torch');

describe.skipIf(isAbsent)(`PyTorch's files of every habit${note}`, () => {
  let names: string[];

  beforeAll(async () => {
    await tf.setBackend('cpu');
    await tf.ready();
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await copyFile(join(CASES, 'torch_files.py'), join(folder, 'torch_files.py'));
    await promisify(execFile)(ORACLE_PYTHON, ['torch_files.py'], { cwd: folder, env: ORACLE_ENVIRONMENT });
    names = (await readdir(files())).filter((name) => /\.(pth|pt|ckpt|tar|safetensors)$/.test(name));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("become a network that gives PyTorch's probabilities", async () => {
    const differences = new Map<string, number>();
    vi.spyOn(console, 'warn').mockImplementation(() => undefined); // four channels are unusual
    for (const name of names.filter((each) => !(each in REFUSED) && each !== OTHER_NETWORK))
      differences.set(name, await differenceOf(name));
    expect(differences.size).toBeGreaterThan(25);
    const faults = [...differences].filter(([name, difference]) => !(difference < (HALF[name] ?? 1e-5)));
    expect(faults).toEqual([]);
  });

  it('or are refused with what to do', async () => {
    for (const [name, advice] of Object.entries(REFUSED)) {
      const refused: unknown = await loadNetwork(join(files(), name)).catch((error: unknown) => error);
      expect(isZooError(refused), name).toBe(true);
      expect((refused as Error).message).toMatch(advice);
    }
  });
});

async function differenceOf(name: string): Promise<number> {
  const channels = Number(/^channels([14])/.exec(name)?.[1] ?? 3);
  const suffix = channels === 3 ? '' : `_c${channels}`;
  const [x, y] = await Promise.all(
    ['x', 'y'].map(async (kind) => {
      const bytes = await readFile(join(files(), `${kind}${suffix}.f32`));
      return new Float32Array(new Uint8Array(bytes).buffer);
    }),
  );
  const model = await loadNetwork(join(files(), name), { inputShape: [64, 64, channels] });
  const difference = tf.tidy(() => {
    const pictures = tf.tensor(x!, [x!.length / (64 * 64 * channels), 64, 64, channels]);
    const expected = tf.softmax(tf.tensor2d(y!, [pictures.shape[0], y!.length / pictures.shape[0]]));
    return tf.max(tf.abs(tf.sub(model.predict(pictures) as tf.Tensor, expected))).dataSync()[0]!;
  });
  model.dispose();
  return difference;
}
