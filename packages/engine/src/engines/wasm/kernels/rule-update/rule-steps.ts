import type { Formula, FormulaNode } from '@zoo/core';

import { isScalar } from '../../../../kernels/formula-graph';

/** What an operation does with its operands and their factors; assembly/rule.ts has the same. */
export const OPERATION = {
  add: 0,
  multiply: 1,
  divide: 2,
  maximum: 3,
  shift: 4,
  root: 5,
  sign: 6,
  fill: 7,
  whenPositive: 8,
  squares: 9,
} as const;

/** A tensor as it was before the update, or what a step has computed. */
export type Value = { readonly tensor: number } | Step;

/** A vector operation of a pass. */
export interface Step {
  readonly code: number;
  readonly operands: readonly Value[];
  /** Numbers of a whole weight: what each operand is multiplied by; of `shift` and `root` what is added comes second. */
  readonly factors: readonly Formula[];
}

/** A value times a number. */
interface Term {
  readonly value: Value;
  readonly factor: Formula;
}

type Inner = Extract<FormulaNode, { operands: readonly Formula[] }>;

/**
 * Makes steps of formulas, each quantity worked out once. A product with a number takes no step: it is a factor of the step that reads it.
 */
export class StepList {
  readonly steps: Step[] = [];
  private readonly known = new Map<FormulaNode, Term>();

  /** The step whose result is the formula's value. */
  resultOf(formula: Formula): Step {
    const { value, factor } = this.termOf(formula);
    return 'code' in value && factor === 1 ? value : this.add(OPERATION.shift, [value], [factor, 0]);
  }

  /** The step that sums the formula's squares. */
  squaresOf(formula: Formula): Step {
    return this.addOf(OPERATION.squares, [this.termOf(formula)]);
  }

  /** A step that copies what another has computed. */
  copyOf(step: Step): Step {
    return this.add(OPERATION.shift, [step], [1, 0]);
  }

  private termOf(formula: Formula): Term {
    if (isScalar(formula)) return { value: this.add(OPERATION.fill, [], [formula]), factor: 1 };
    const term = this.known.get(formula) ?? this.newTerm(formula);
    this.known.set(formula, term);
    return term;
  }

  private newTerm(formula: Exclude<FormulaNode, { isScalar: true }>): Term {
    if (formula.operation === 'tensor') return { value: { tensor: formula.index }, factor: 1 };
    const [left, right] = formula.operands as [Formula, Formula];
    if (formula.operation === 'mul' && isScalar(right)) {
      const { value, factor } = this.termOf(left);
      return { value, factor: timesScalar(factor, right) };
    }
    if (formula.operation === 'minimum') {
      // The negative of the maximum of the negatives.
      const terms = formula.operands.map((operand) => negative(this.termOf(operand)));
      return negative({ value: this.addOf(OPERATION.maximum, terms), factor: 1 });
    }
    return { value: this.stepOf(formula), factor: 1 };
  }

  private stepOf({ operation, operands }: Inner): Step {
    const [left, right] = operands as [Formula, Formula];
    if (operation === 'add') return this.sumOf(left, right, 1);
    if (operation === 'sub') return this.sumOf(left, right, -1);
    return this.addOf(
      CODES[operation as keyof typeof CODES],
      operands.map((operand) => this.termOf(operand)),
    );
  }

  /** `left + sign * right`. */
  private sumOf(left: Formula, right: Formula, sign: 1 | -1): Step {
    if (isScalar(right)) return this.shifted(left, timesScalar(right, sign));
    if (isScalar(left)) {
      const { value, factor } = this.termOf(right);
      return this.add(OPERATION.shift, [value], [timesScalar(factor, sign), left]);
    }
    const [first, second] = [this.termOf(left), this.termOf(right)];
    return this.addOf(OPERATION.add, [first, sign === 1 ? second : negative(second)]);
  }

  /** `formula + added`; a root and what is added to it are one step. */
  private shifted(formula: Formula, added: Formula): Step {
    const isRoot = typeof formula !== 'number' && formula.operation === 'sqrt';
    const { value, factor } = this.termOf(isRoot ? formula.operands[0]! : formula);
    return this.add(isRoot ? OPERATION.root : OPERATION.shift, [value], [factor, added]);
  }

  private addOf(code: number, terms: readonly Term[]): Step {
    return this.add(
      code,
      terms.map(({ value }) => value),
      terms.map(({ factor }) => factor),
    );
  }

  private add(code: number, operands: readonly Value[], factors: readonly Formula[]): Step {
    const step = { code, operands, factors };
    this.steps.push(step);
    return step;
  }
}

const CODES = {
  mul: OPERATION.multiply,
  div: OPERATION.divide,
  maximum: OPERATION.maximum,
  sqrt: OPERATION.root,
  sign: OPERATION.sign,
  norm: OPERATION.squares,
  whenPositive: OPERATION.whenPositive,
} as const;

const negative = ({ value, factor }: Term): Term => ({ value, factor: timesScalar(factor, -1) });

function timesScalar(left: Formula, right: Formula): Formula {
  if (typeof left === 'number' && typeof right === 'number') return left * right;
  if (left === 1) return right;
  if (right === 1) return left;
  return { operation: 'mul', operands: [left, right], isScalar: true };
}
