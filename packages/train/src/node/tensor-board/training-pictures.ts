import { disposeBatch, type BatchSource, type PixelNormalization } from '@zoo/core';

import { encodePng } from './encode-png';
import type { EncodedPicture } from './summary-values';

/** The first pictures that a source gives a model in an epoch, augmented and mixed as they are, for people to look at. */
export async function trainingPictures(
  source: BatchSource,
  epoch: number,
  count: number,
): Promise<EncodedPicture[]> {
  for await (const batch of source.batches({ epoch })) {
    try {
      const [size, height, width, channels] = batch.images.shape;
      if (channels !== 1 && channels !== 3) return [];
      const values = await batch.images.data<'float32'>();
      const length = height * width * channels;
      return Array.from({ length: Math.min(size, count) }, (_, index) => {
        const own = values.subarray(index * length, (index + 1) * length);
        const pixels = bytesOf(own, channels, source.preprocessing?.normalization ?? spread(own));
        return { height, width, channels, png: encodePng(pixels, height, width, channels) };
      });
    } finally {
      disposeBatch(batch);
    }
  }
  return [];
}

/** The bytes that were normalized to these values; what an augmentation has driven out of their range is cut. */
function bytesOf(
  values: Float32Array,
  channels: 1 | 3,
  { channelOrder, divisor, mean, standardDeviation }: PixelNormalization,
): Uint8Array {
  const isTurned = channels === 3 && channelOrder === 'bgr';
  const bytes = Uint8ClampedArray.from(values, (_, at) => {
    const channel = at % channels;
    const from = isTurned ? 2 - channel : channel;
    return (values[at - channel + from]! * standardDeviation[from]! + mean[from]!) * divisor;
  });
  return new Uint8Array(bytes.buffer);
}

/** What takes the lowest value to black and the highest to white, where nobody says how pixels were normalized. */
function spread(values: Float32Array): PixelNormalization {
  const least = values.reduce((left, right) => Math.min(left, right));
  const scale = 1 / (values.reduce((left, right) => Math.max(left, right)) - least || 1);
  return {
    channelOrder: 'rgb',
    divisor: 255,
    mean: [-least * scale, -least * scale, -least * scale],
    standardDeviation: [scale, scale, scale],
  };
}
