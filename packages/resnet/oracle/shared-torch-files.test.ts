import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { isZooError } from '@zoo/core';
import { beforeAll, describe, expect, it, vi } from 'vitest';

import { areCasesAbsent, CASES_NOTE, writeCases } from '../../../test-support/shared-cases';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { loadNetwork } from '../src/node';

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

const place = temporaryDirectory('suite');
const files = (): string => place('out', 'torch');

describe.skipIf(areCasesAbsent)(`PyTorch's files of every habit${CASES_NOTE}`, () => {
  let names: string[];

  beforeAll(async () => {
    await tf.setBackend('cpu');
    await tf.ready();
    await writeCases('torch_files.py', place());
    names = (await readdir(files())).filter((name) => /\.(pth|pt|ckpt|tar|safetensors)$/.test(name));
  });

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
