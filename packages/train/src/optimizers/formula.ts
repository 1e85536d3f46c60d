import * as tf from '@tensorflow/tfjs-core';
import type { Formula, FormulaNode, FormulaOperation } from '@zoo/core';

/** `left + right`. */
export function add(left: Formula, right: Formula): Formula {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  return node('add', left, right);
}

/** `left - right`. */
export function sub(left: Formula, right: Formula): Formula {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return typeof right === 'number' ? add(left, -right) : node('sub', left, right);
}

/** `left * right`. Factors that are numbers are joined into one. */
export function mul(left: Formula, right: Formula): Formula {
  if (typeof left === 'number') return typeof right === 'number' ? left * right : mul(right, left);
  if (typeof right !== 'number') return isScalar(left) ? product(right, left) : product(left, right);
  return right === 1 ? left : product(left, right);
}

/** `left / right`; by a number that is known for a whole weight a multiplication. */
export function div(left: Formula, right: Formula): Formula {
  if (typeof right === 'number') return mul(left, 1 / right);
  return isScalar(right) && !isScalar(left) ? mul(left, node('div', 1, right)) : node('div', left, right);
}

/** `of * of`. */
export const square = (of: Formula): Formula => mul(of, of);

/** The square root. */
export const sqrt = (of: Formula): Formula => node('sqrt', of);

/** -1, 0 or 1. */
export const sign = (of: Formula): Formula => node('sign', of);

/** The larger of two. */
export const maximum = (left: Formula, right: Formula): Formula => node('maximum', left, right);

/** The smaller of two. */
export const minimum = (left: Formula, right: Formula): Formula => node('minimum', left, right);

/** The root of the sum of squares over a whole weight: one number. */
export const norm = (of: Formula): Formula => node('norm', of);

/** `then` where `condition` is above 0, else `otherwise`. */
export const whenPositive = (condition: Formula, then: Formula, otherwise: Formula): Formula =>
  node('whenPositive', condition, then, otherwise);

/** A tensor of the weight: 0 the weight itself, 1 its gradient, from 2 on its state. */
export const tensor = (index: number): FormulaNode => ({ operation: 'tensor', index, isScalar: false });

/** One of the numbers that all weights share. */
export const shared = (index: number): FormulaNode => ({ operation: 'shared', index, isScalar: true });

function node(operation: FormulaOperation, ...operands: readonly Formula[]): FormulaNode {
  return { operation, operands, isScalar: operation === 'norm' || operands.every(isScalar) };
}

function isScalar(formula: Formula): boolean {
  return typeof formula === 'number' || formula.isScalar;
}

/** A factor that is one number for a whole weight comes last, and meets the one that is there already. */
function product(left: FormulaNode, right: Formula): Formula {
  if (left.operation !== 'mul' || !isScalar(right)) return node('mul', left, right);
  const [first, factor] = left.operands as [Formula, Formula];
  return isScalar(factor) ? mul(first, mul(factor, right)) : node('mul', left, right);
}

/** The tensors that formulas are about. */
export interface FormulaInputs {
  /** The weight, its gradient, its state. */
  readonly tensors: readonly tf.Tensor[];
  /** What all weights share, []. */
  readonly shared: readonly tf.Tensor[];
}

/** Works formulas out by stock operations, each quantity once. The tensors are the caller's; call it in a `tidy`. */
export function evaluateFormulas(formulas: readonly Formula[], inputs: FormulaInputs): tf.Tensor[] {
  const known = new Map<FormulaNode, tf.Tensor>();
  const evaluate = (formula: Formula): tf.Tensor => {
    if (typeof formula === 'number') return tf.scalar(formula);
    const value = known.get(formula) ?? evaluateNode(formula);
    known.set(formula, value);
    return value;
  };
  const evaluateNode = (formula: FormulaNode): tf.Tensor => {
    if (formula.operation === 'tensor') return inputs.tensors[formula.index]!;
    if (formula.operation === 'shared') return inputs.shared[formula.index]!;
    return STOCK_OPERATIONS[formula.operation](...formula.operands.map(evaluate));
  };
  return formulas.map(evaluate);
}

const STOCK_OPERATIONS: Readonly<Record<FormulaOperation, (...operands: tf.Tensor[]) => tf.Tensor>> = {
  add: (left, right) => tf.add(left, right),
  sub: (left, right) => tf.sub(left, right),
  mul: (left, right) => tf.mul(left, right),
  div: (left, right) => tf.div(left, right),
  maximum: (left, right) => tf.maximum(left, right),
  minimum: (left, right) => tf.minimum(left, right),
  sqrt: (of) => tf.sqrt(of),
  sign: (of) => tf.sign(of),
  norm: (of) => tf.norm(of),
  whenPositive: (condition, then, otherwise) => tf.where(tf.greater(condition, 0), then, otherwise),
};
