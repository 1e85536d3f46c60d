import type { ProductActivation } from '../../../kernels/fused-activation';

import type { Outcome } from './tiled-product';
import { activated } from './wgsl';

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
          ${store(options, value, `bias[${column}]`, 'vec4f')}
        }`;
      }
      const stores = [0, 1, 2, 3].map(
        (q) => `if (column + ${q}u < columns) {
          let at = lineStart + column + ${q}u;
          ${store(options, `${value}[${q}]`, `bias[column + ${q}u]`, 'f32')}
        }`,
      );
      return `if (isRow) { let column = ${column} * 4u; ${stores.join('\n')} }`;
    },
  };
}

/** Stores what becomes of a product's `value` at `at`. */
function store(
  { bias, addend, activation = 'linear' }: OutcomeOptions,
  value: string,
  biasValue: string,
  type: 'f32' | 'vec4f',
): string {
  const sum = [value, ...(bias ? [biasValue] : []), ...(addend ? ['addend[at]'] : [])].join(' + ');
  return `let sum = ${sum}; result[at] = ${activated(activation, 'sum', type)};`;
}
