import { createHash } from 'node:crypto';

import { createRandom } from '@zoo/core';
import { expect, it } from 'vitest';

import { md5 } from '../src/pretrained/md5';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

// RFC 1321, appendix A.5.
it.each([
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'],
])('MD5 of "%s" is %s', (text, digest) => {
  expect(hex(md5(Buffer.from(text)))).toBe(digest);
});

it('is Node’s for every length around a block’s and for a part of a buffer', () => {
  const random = createRandom(1);
  const bytes = Uint8Array.from({ length: 300 }, () => random.integer(0, 255));
  for (let length = 0; length <= 200; length++) {
    const part = bytes.subarray(7, 7 + length);
    expect(hex(md5(part))).toBe(createHash('md5').update(part).digest('hex'));
  }
});
