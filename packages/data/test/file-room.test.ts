import { join } from 'node:path';

import { readOptions } from '@zoo/core/options';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';

import { DECODING_OPTIONS } from '../src/image/decode-options';
import type { BaselineJpeg } from '../src/image/jpeg/decode-baseline-jpeg';
import { openImageFile } from '../src/node/read-image-file';

import { folderOf, png, slopes } from './support/pictures';

let folder: string;
const decoding = readOptions(DECODING_OPTIONS, {});

beforeAll(async () => {
  const jpeg = async (side: number) => {
    const { pixels, height, width } = slopes(side, side);
    return sharp(pixels, { raw: { height, width, channels: 3 } })
      .jpeg()
      .toBuffer();
  };
  folder = await folderOf({ 'a.jpg': await jpeg(40), 'b.jpg': await jpeg(44) });
});

const open = async (name: string) => (await openImageFile(join(folder, name), decoding)) as BaselineJpeg;

describe('the room of files', () => {
  it('is used for the next file after its release, and not before', async () => {
    const first = await open('a.jpg');
    const second = await open('b.jpg');
    expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
    first.release!();
    const third = await open('b.jpg');
    expect(third.bytes.buffer).toBe(first.bytes.buffer);
    expect(third.bytes).toEqual(second.bytes);
    second.release!();
    third.release!();
  });

  it('stays with a file that another decoder reads', async () => {
    const { pixels, ...size } = slopes(40, 40);
    const own = await folderOf({ 'c.png': png({ pixels, ...size }) });
    const opened = await openImageFile(join(own, 'c.png'), decoding);
    expect(opened).not.toHaveProperty('release');
    expect((opened as { pixels: Uint8Array }).pixels).toEqual(pixels);
  });
});
