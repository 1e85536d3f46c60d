import type { Random } from '@zoo/core';

const EXTREMES = [0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff];

/** A copy of `bytes` with one to four random injuries: flips, extreme lengths, cuts, insertions, blocks moved. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let result = new Uint8Array(bytes);
  const count = random.integer(1, 4);
  for (let i = 0; i < count; i++) result = injure(result, random);
  return result;
}

function injure(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  if (bytes.length < 16) return bytes;
  const at = position(bytes, random);
  switch (random.integer(0, 7)) {
    case 0:
      bytes[at]! ^= 1 << random.integer(0, 7);
      return bytes;
    case 1:
      bytes[at] = random.integer(0, 255);
      return bytes;
    case 2: {
      const extreme = EXTREMES[random.integer(0, EXTREMES.length - 1)]!;
      const width = [1, 2, 4, 8][random.integer(0, 3)]!;
      for (let i = 0; i < width && at + i < bytes.length; i++)
        bytes[at + i] = i < 4 ? (extreme >>> (8 * i)) & 255 : 0;
      return bytes;
    }
    case 3:
      return bytes.slice(0, at);
    case 4:
      return bytes.slice(at);
    case 5: {
      const length = Math.min(random.integer(1, 64), bytes.length - at);
      bytes.copyWithin(position(bytes, random), at, at + length);
      return bytes;
    }
    case 6: {
      const inserted = new Uint8Array(bytes.length + random.integer(1, 32));
      inserted.set(bytes.subarray(0, at));
      inserted.set(bytes.subarray(at), inserted.length - (bytes.length - at));
      return inserted;
    }
    default:
      bytes.fill(random.integer(0, 1) * 255, at, at + random.integer(1, 16));
      return bytes;
  }
}

/** Half of the injuries hit the first or last kilobytes, where a file's directory lies. */
function position(bytes: Uint8Array, random: Random): number {
  const last = bytes.length - 1;
  const nearby = Math.min(last, 2048);
  const choice = random.integer(0, 3);
  if (choice === 0) return random.integer(0, nearby);
  if (choice === 1) return last - random.integer(0, nearby);
  return random.integer(0, last);
}
