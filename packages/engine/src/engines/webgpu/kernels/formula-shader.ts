import type { Formula, FormulaNode, FormulaOperation } from '@zoo/core';

import { isScalar } from '../../../kernels/formula-graph';

/** WGSL that works formulas out, four values of each tensor at a time, each quantity once. */
export class FormulaShader {
  readonly statements: string[] = [];
  /** The numbers of the formulas in the order of their reading: a step's rate is not compiled into the shader. */
  readonly constants: number[] = [];
  /** The tensors of a weight, the numbers of all weights and the norms that are read. */
  readonly tensors = new Set<number>();
  readonly shared = new Set<number>();
  readonly norms = new Set<number>();
  private readonly known = new Map<FormulaNode, string>();

  /** @param places The number of each norm: `norm0` and so on hold those that are known. */
  constructor(private readonly places: ReadonlyMap<FormulaNode, number>) {}

  /** A vec4f of the formula's values. */
  vector(formula: Formula): string {
    const text = this.expression(formula);
    return isScalar(formula) ? `vec4f(${text})` : text;
  }

  /** A number, as f32. */
  constant(value: number): string {
    return `constants[${this.constants.push(value) - 1}]`;
  }

  private expression(formula: Formula): string {
    if (typeof formula === 'number') return this.constant(formula);
    const known = this.known.get(formula);
    if (known !== undefined) return known;
    const text = this.nodeExpression(formula);
    this.known.set(formula, text);
    return text;
  }

  private nodeExpression(formula: FormulaNode): string {
    if (formula.operation === 'tensor') {
      this.tensors.add(formula.index);
      return `before${formula.index}`;
    }
    if (formula.operation === 'shared') {
      this.shared.add(formula.index);
      return `shared${formula.index}[0]`;
    }
    if (formula.operation === 'norm') {
      const place = this.places.get(formula)!;
      this.norms.add(place);
      return `norm${place}`;
    }
    const operands = formula.operands.map((operand) =>
      formula.isScalar || OPERATORS.has(formula.operation) ? this.expression(operand) : this.vector(operand),
    );
    const name = `value${this.statements.length}`;
    this.statements.push(`let ${name} = ${WGSL[formula.operation](operands, formula.isScalar)};`);
    return name;
  }
}

type Computed = Exclude<FormulaOperation, 'norm'>;

/** Operations that WGSL has between a vector and a number too. */
const OPERATORS: ReadonlySet<FormulaOperation> = new Set(['add', 'sub', 'mul', 'div', 'sqrt', 'sign']);

const WGSL: Readonly<Record<Computed, (operands: readonly string[], isScalar: boolean) => string>> = {
  add: ([left, right]) => `${left} + ${right}`,
  sub: ([left, right]) => `${left} - ${right}`,
  mul: ([left, right]) => `${left} * ${right}`,
  div: ([left, right]) => `${left} / ${right}`,
  // By comparison, because `max` and `min` may make a number of NaN.
  maximum: ([left, right]) => `select(${left}, ${right}, ${right} > ${left})`,
  minimum: ([left, right]) => `select(${left}, ${right}, ${right} < ${left})`,
  sqrt: ([of]) => `sqrt(${of})`,
  sign: ([of]) => `sign(${of})`,
  whenPositive: ([condition, then, otherwise], isScalar) =>
    `select(${otherwise}, ${then}, ${condition} > ${isScalar ? '0.0' : 'vec4f(0.0)'})`,
};
