import { isTuple } from './is-tuple';

/** Whether `value` is a `PixelNormalization`: it says in full how bytes become an input, and divides by no 0. */
export function isPixelNormalization(value: unknown): boolean {
  const { channelOrder, divisor, mean, standardDeviation } = (value ?? {}) as Record<string, unknown>;
  return (
    ['rgb', 'bgr'].includes(channelOrder as string) &&
    isDivisor(divisor) &&
    isTuple(3, Number.isFinite)(mean) &&
    isTuple(3, isDivisor)(standardDeviation)
  );
}

const isDivisor = (value: unknown): boolean => Number.isFinite(value) && value !== 0;
