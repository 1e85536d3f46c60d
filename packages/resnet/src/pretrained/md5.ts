/** Bits that each step rotates by, for its round and place in a group of four. RFC 1321, section 3.4 */
const ROTATIONS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

/** The MD5 digest of `bytes` (RFC 1321), which no browser computes; against broken downloads, not against forgers. [16 bytes] */
export function md5(bytes: Uint8Array): Uint8Array {
  const constants = Int32Array.from({ length: 64 }, (_, i) =>
    Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32),
  );
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const wholeBytes = bytes.length - (bytes.length % 64);
  digestBlocks(state, new DataView(bytes.buffer, bytes.byteOffset, wholeBytes), constants);
  digestBlocks(state, padded(bytes.subarray(wholeBytes), bytes.length), constants);
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => digest.setInt32(4 * i, word, true));
  return new Uint8Array(digest.buffer);
}

/** The last bytes, a one bit, zeros, and the whole length in bits. */
function padded(rest: Uint8Array, totalBytes: number): DataView {
  const block = new Uint8Array(rest.length < 56 ? 64 : 128);
  block.set(rest);
  block[rest.length] = 0x80;
  const view = new DataView(block.buffer);
  view.setBigUint64(block.length - 8, BigInt(totalBytes) * 8n, true);
  return view;
}

function digestBlocks(state: Int32Array, blocks: DataView, constants: Int32Array): void {
  const words = new Int32Array(16);
  for (let start = 0; start < blocks.byteLength; start += 64) {
    for (let i = 0; i < 16; i++) words[i] = blocks.getInt32(start + 4 * i, true);
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      const [mixed, word] = step(round, i, b, c, d);
      const sum = (a + mixed + constants[i]! + words[word]!) | 0;
      const bits = ROTATIONS[round]![i & 3]!;
      [a, d, c, b] = [d, c, b, (b + ((sum << bits) | (sum >>> (32 - bits)))) | 0];
    }
    [a, b, c, d].forEach((value, i) => (state[i]! += value));
  }
}

/** A step's mix of three words, and the number of the block's word that it adds. */
function step(round: number, i: number, b: number, c: number, d: number): [mixed: number, word: number] {
  if (round === 0) return [(b & c) | (~b & d), i];
  if (round === 1) return [(d & b) | (~d & c), (5 * i + 1) & 15];
  if (round === 2) return [b ^ c ^ d, (3 * i + 5) & 15];
  return [c ^ (b | ~d), (7 * i) & 15];
}
