/**
 * What formulas of an update rule are made of: the operations, each with as many operands as its meaning has.
 *
 * `whenPositive` has three: where the first is above 0 the second, else the third. `norm` is the root of the sum of squares over a weight.
 */
export type FormulaOperation =
  'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'sqrt' | 'sign' | 'norm' | 'whenPositive';

/** A quantity of an update rule, worked out value by value: a node of a graph, in which the same object is the same quantity. */
export type FormulaNode =
  | {
      readonly operation: FormulaOperation;
      readonly operands: readonly Formula[];
      /** True where it is one number for a whole weight: a norm, a shared number, and what is worked out from such alone. */
      readonly isScalar: boolean;
    }
  /** A tensor of the weight: 0 the weight itself, 1 its gradient, from 2 on its state. */
  | { readonly operation: 'tensor'; readonly index: number; readonly isScalar: false }
  /** One of the numbers that all weights share. */
  | { readonly operation: 'shared'; readonly index: number; readonly isScalar: true };

/** A quantity of an update rule, or a constant. */
export type Formula = number | FormulaNode;

/** What a step makes of one weight, as formulas of what was before the step. */
export interface UpdateRule {
  /** The new weight. */
  readonly weight: Formula;
  /** The new state, in the order of the tensors. */
  readonly slots: readonly Formula[];
}
