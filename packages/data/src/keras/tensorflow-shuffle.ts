/** What TensorFlow seeds an operation with besides its own seed, where the program sets none. */
const GRAPH_SEED = 87_654_321;

/**
 * The order in which `tf.data.Dataset.shuffle(bufferSize, seed)` yields `count` elements in an epoch, draw for draw.
 *
 * Each epoch draws from a generator of its own, whose two seeds come from the data set's generator, one pair after the other.
 *
 * Sources: tensorflow/core/kernels/data/shuffle_dataset_op.cc (`GetNextInternal`, `RandomSeedGenerator`), python/framework/random_seed.py.
 *
 * @param epoch From 0.
 */
export function tensorflowShuffle(
  count: number,
  bufferSize: number,
  seed: number,
  epoch: number,
): Uint32Array {
  const seeds = philox(GRAPH_SEED, seed);
  for (let drawn = 0; drawn < 2 * epoch; drawn++) seeds();
  const random = philox(seeds(), seeds());
  const buffer = new Uint32Array(Math.min(bufferSize, Math.max(1, count)));
  const order = new Uint32Array(count);
  let filled = 0;
  for (let start = 0; start < count; start++) {
    for (; filled < count && filled - start < buffer.length; filled++)
      buffer[filled % buffer.length] = filled;
    const place = (start + (random() % (filled - start))) % buffer.length;
    order[start] = buffer[place]!;
    // The first takes the place of the one that leaves.
    buffer[place] = buffer[start % buffer.length]!;
  }
  return order;
}

/**
 * Philox4x32-10 as TensorFlow seeds it: 32-bit words, one after the other.
 *
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3; tensorflow/core/lib/random/philox_random.h.
 *
 * @param key A whole number of at most 53 bits.
 * @param stream Likewise: the upper half of the counter.
 */
function philox(key: number, stream: number): () => number {
  const counter = Uint32Array.of(0, 0, stream, stream / 2 ** 32);
  let words = new Uint32Array(0);
  let used = 0;
  return () => {
    if (used === words.length) {
      words = philoxBlock(counter, key);
      used = 0;
      for (let word = 0; word < 4 && ++counter[word]! === 2 ** 32; word++) counter[word] = 0;
    }
    return words[used++]!;
  };
}

function philoxBlock(counter: Uint32Array, key: number): Uint32Array<ArrayBuffer> {
  const words = Uint32Array.from(counter);
  const keys = Uint32Array.of(key, key / 2 ** 32);
  for (let round = 0; round < 10; round++) {
    const [first, second, third, fourth] = words as unknown as [number, number, number, number];
    words[0] = highWord(0xcd9e8d57, third) ^ second ^ keys[0]!;
    words[1] = Math.imul(0xcd9e8d57, third);
    words[2] = highWord(0xd2511f53, first) ^ fourth ^ keys[1]!;
    words[3] = Math.imul(0xd2511f53, first);
    keys[0]! += 0x9e3779b9;
    keys[1]! += 0xbb67ae85;
  }
  return words;
}

/** The upper 32 bits of a product of two 32-bit words. */
function highWord(left: number, right: number): number {
  const low = (left & 0xffff) * right;
  const high = (left >>> 16) * right + Math.floor(low / 2 ** 16);
  return Math.floor(high / 2 ** 16);
}
