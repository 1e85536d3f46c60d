import type { Formula, FormulaNode, FormulaOperation } from '@zoo/core';

/**
 * The number that a formula comes to for a whole weight.
 *
 * @param norms The norms that are known.
 * @param shared The numbers that all weights share.
 */
export function scalarValue(
  formula: Formula,
  norms: ReadonlyMap<FormulaNode, number>,
  shared: readonly number[],
): number {
  if (typeof formula === 'number') return formula;
  if (formula.operation === 'shared') return shared[formula.index]!;
  if (formula.operation === 'tensor') throw new Error('A tensor is not one number.');
  if (formula.operation === 'norm') return norms.get(formula)!;
  const operands = formula.operands.map((operand) => scalarValue(operand, norms, shared));
  return OPERATIONS[formula.operation](...(operands as [number, number, number]));
}

const OPERATIONS: Readonly<
  Record<Exclude<FormulaOperation, 'norm'>, (first: number, second: number, third: number) => number>
> = {
  add: (left, right) => left + right,
  sub: (left, right) => left - right,
  mul: (left, right) => left * right,
  div: (left, right) => left / right,
  maximum: (left, right) => Math.max(left, right),
  minimum: (left, right) => Math.min(left, right),
  sqrt: Math.sqrt,
  sign: Math.sign,
  whenPositive: (condition, then, otherwise) => (condition > 0 ? then : otherwise),
};
