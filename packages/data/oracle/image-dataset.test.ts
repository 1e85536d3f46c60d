import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { disposeBatch } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { realData } from '../../../test-support/real-data';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { imageDatasetFromDirectory } from '../src/node';

const SCRIPT = fileURLToPath(new URL('image_dataset.py', import.meta.url));
const BATCHES = 4;

describe.skipIf(isOracleAbsent)(`photographs beside image_dataset_from_directory${ORACLE_NOTE}`, () => {
  const place = temporaryDirectory('suite');
  const real = realData('idenprof/test');

  it.skipIf(real.isAbsent)(
    `come in the same batches with the same values, bit for bit${real.note}`,
    async () => {
      const expected = await runOracle<string[]>(
        SCRIPT,
        { directory: real.path, batches: BATCHES, options: { seed: 123, image_size: [180, 180] } },
        place('job.json'),
      );
      const source = await imageDatasetFromDirectory(real.path, { seed: 123, imageSize: 180 });
      const hashes: string[] = [];
      for await (const batch of source.batches({ epoch: 0 })) {
        const values = await batch.images.data<'float32'>();
        disposeBatch(batch);
        hashes.push(
          createHash('sha256')
            .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
            .digest('hex'),
        );
        if (hashes.length === BATCHES) break;
      }
      expect(hashes).toEqual(expected);
    },
  );
});
