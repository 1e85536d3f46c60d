import type { ActivationHistogram } from './activation-histogram';
import { roundHalfEven } from './quantize-channels';

/** How the range of an activation follows from its observed values: an option row. */
export const CALIBRATION_METHOD = {
  type: 'choice',
  choices: ['minMax', 'percentile', 'meanSquaredError'],
  default: 'meanSquaredError',
} as const;

/** A choice of {@link CALIBRATION_METHOD}. */
export type CalibrationMethod = (typeof CALIBRATION_METHOD.choices)[number];

/** The numbers that 256 whole numbers stand for; zero is among them. */
export interface ActivationRange {
  readonly low: number;
  readonly high: number;
}

/** What turns a number into a whole one from 0 to 255, and back: `(whole - zeroPoint) * scale`. */
export interface ActivationSteps {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The range that `method` finds for an activation. */
export function activationRange(histogram: ActivationHistogram, method: CalibrationMethod): ActivationRange {
  switch (method) {
    case 'minMax':
      return wholeRange(histogram);
    case 'percentile':
      return percentileRange(histogram);
    case 'meanSquaredError':
      return leastErrorRange(histogram);
  }
}

/**
 * Steps of a range in 256 whole numbers, asymmetric as onnxruntime's tool has it; a range without width has the scale 1.
 *
 * @see onnxruntime/quantization/quant_utils.py, compute_scale_zp
 */
export function activationSteps({ low, high }: ActivationRange): ActivationSteps {
  const scale = Math.fround((high - low) / 255);
  if (!(scale >= 2 ** -126)) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: Math.max(0, Math.min(255, roundHalfEven(-low / scale))) };
}

function wholeRange({ minimum, maximum }: ActivationHistogram): ActivationRange {
  return { low: Math.min(minimum, 0), high: Math.max(maximum, 0) };
}

/** Share of the values that lie within a percentile's range. */
const KEPT_SHARE = 0.9999;

/** The range without the outermost values: half of those that are cut off are on either side. */
function percentileRange(histogram: ActivationHistogram): ActivationRange {
  const entries = histogram.entries();
  const total = entries.reduce((sum, { count }) => sum + count, 0);
  const cut = ((1 - KEPT_SHARE) / 2) * total;
  const { low, high } = wholeRange(histogram);
  return {
    low: Math.max(low, Math.min(outermost(entries, cut), 0)),
    high: Math.min(high, Math.max(outermost(entries.reverse(), cut), 0)),
  };
}

/** Where, from the first entry on, more than `cut` values have been passed. */
function outermost(entries: readonly { middle: number; count: number }[], cut: number): number {
  let passed = 0;
  for (const { middle, count } of entries) {
    passed += count;
    if (passed > cut) return middle;
  }
  return 0;
}

const SHRINKINGS = Array.from({ length: 40 }, (_, i) => 1 - i / 50);

/** The range whose rounding and cutting off change the values least, by their squares; each end is tried in steps of 2 %. */
function leastErrorRange(histogram: ActivationHistogram): ActivationRange {
  const entries = histogram.entries();
  const whole = wholeRange(histogram);
  let best = { range: whole, error: squaredError(entries, whole) };
  const tryEach = (candidates: readonly ActivationRange[]) => {
    for (const range of candidates) {
      const error = squaredError(entries, range);
      if (error < best.error) best = { range, error };
    }
  };
  // Both ends together, then each alone.
  tryEach(SHRINKINGS.map((share) => ({ low: whole.low * share, high: whole.high * share })));
  if (whole.low < 0) {
    tryEach(SHRINKINGS.map((share) => ({ low: whole.low * share, high: best.range.high })));
    tryEach(SHRINKINGS.map((share) => ({ low: best.range.low, high: whole.high * share })));
  }
  return best.range;
}

function squaredError(entries: readonly { middle: number; count: number }[], range: ActivationRange): number {
  const { scale, zeroPoint } = activationSteps(range);
  return entries.reduce((error, { middle, count }) => {
    const whole = Math.max(0, Math.min(255, Math.round(middle / scale) + zeroPoint));
    return error + count * (middle - (whole - zeroPoint) * scale) ** 2;
  }, 0);
}
