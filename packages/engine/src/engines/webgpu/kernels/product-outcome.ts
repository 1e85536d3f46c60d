import type { Outcome } from './tiled-product';

/** What a product can do with its results on their way to memory. */
export type ProductActivation = 'linear' | 'relu' | 'relu6';

/** What becomes of a product's results. */
export interface OutcomeOptions {
  /** True if the number of columns divides by four: results, bias and addend are bound as `array<vec4f>`. */
  readonly vectors: boolean;
  readonly bias?: boolean;
  readonly addend?: boolean;
  readonly activation?: ProductActivation;
  /** Expression in `row`: the line of the result that the row is. Default: `row`. */
  readonly line?: string;
  /** Expression: where the result begins, in lines. Default: 0. */
  readonly firstLine?: string;
}

/**
 * Results as lines of `columns` values each: result = activation(sums + bias + addend).
 *
 * Wants declared: u32 `rows`, `columns`; the bindings `result`, and `bias` and `addend` where asked for.
 */
export function lines(options: OutcomeOptions): Outcome {
  const { vectors, line = 'row', firstLine = '0u' } = options;
  return {
    start: () => '',
    startRow: (row) => `
      let row = ${row};
      let isRow = row < rows;
      let lineStart = (${firstLine} + ${line}) * columns${vectors ? ' / 4u' : ''};`,
    store: (column, value) => {
      if (vectors) {
        return `if (isRow && ${column} * 4u < columns) {
          let at = lineStart + ${column};
          result[at] = ${finish(options, value, `bias[${column}]`, 'addend[at]', 'vec4f')};
        }`;
      }
      const stores = [0, 1, 2, 3].map(
        (q) => `if (column + ${q}u < columns) {
          let at = lineStart + column + ${q}u;
          result[at] = ${finish(options, `${value}[${q}]`, `bias[column + ${q}u]`, 'addend[at]', 'f32')};
        }`,
      );
      return `if (isRow) { let column = ${column} * 4u; ${stores.join('\n')} }`;
    },
  };
}

function finish(
  { bias, addend, activation }: OutcomeOptions,
  value: string,
  biasValue: string,
  addendValue: string,
  type: string,
): string {
  const sum = [value, ...(bias ? [biasValue] : []), ...(addend ? [addendValue] : [])].join(' + ');
  if (activation === 'relu') return `max(${sum}, ${type}(0.0))`;
  if (activation === 'relu6') return `clamp(${sum}, ${type}(0.0), ${type}(6.0))`;
  return sum;
}
