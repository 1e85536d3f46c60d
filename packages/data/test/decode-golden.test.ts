import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { isZooError } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { decodeImage } from '../src/node';

/** A file and the size and hash of what Pillow reads in it; `refused` names Pillow's error. */
interface Case {
  file: string;
  pillow?: [height: number, width: number, hash: string];
  upright?: [height: number, width: number, hash: string];
  refused?: string;
}

const casesOf = (group: string) =>
  Object.entries(
    JSON.parse(readFileSync(new URL(`./fixtures/decode-${group}.json`, import.meta.url), 'utf8')) as Record<
      string,
      Case
    >,
  );

const CASES = ['jpeg', 'png', 'other'].flatMap(casesOf);

describe('decodeImage beside Pillow', () => {
  it.each(CASES.filter(([, { pillow }]) => pillow !== undefined))(
    'reads the same bytes, as stored and upright: %s',
    async (_, { file, ...expected }) => {
      for (const convention of ['pillow', 'upright'] as const) {
        const { pixels, height, width } = await decodeImage(Buffer.from(file, 'base64'), { convention });
        const hash = createHash('sha256').update(pixels).digest('hex').slice(0, 32);
        expect([convention, height, width, hash]).toEqual([convention, ...expected[convention]!]);
      }
    },
  );

  it.each(CASES.filter(([, { refused }]) => refused !== undefined))(
    'refuses what Pillow refuses: %s',
    async (_, { file }) => {
      await expect(decodeImage(Buffer.from(file, 'base64'))).rejects.toSatisfy((error) =>
        isZooError(error, 'invalid-file'),
      );
    },
  );
});
