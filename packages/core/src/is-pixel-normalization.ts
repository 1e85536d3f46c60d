import { isTuple } from './is-tuple';
import type { PixelNormalization } from './pixel-normalization';

/** Whether `value` says in full how bytes become an input, and divides by no 0. */
export function isPixelNormalization(value: unknown): value is PixelNormalization {
  const { channelOrder, divisor, mean, standardDeviation } = (value ?? {}) as Record<string, unknown>;
  return (
    ['rgb', 'bgr'].includes(channelOrder as string) &&
    isDivisor(divisor) &&
    isTuple(3, Number.isFinite)(mean) &&
    isTuple(3, isDivisor)(standardDeviation)
  );
}

const isDivisor = (value: unknown): boolean => Number.isFinite(value) && value !== 0;
