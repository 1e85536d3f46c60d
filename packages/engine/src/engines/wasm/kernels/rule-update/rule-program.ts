import type { Formula, FormulaNode, UpdateRule } from '@zoo/core';

import { operandsOf } from '../../../../kernels/formula-graph';

import { OPERATION, StepList, type Step, type Value } from './rule-steps';

/** One pass over weights: what assembly/rule.ts runs for each part of one. */
export interface RuleProgram {
  readonly operations: readonly Operation[];
  readonly registerCount: number;
  readonly sumCount: number;
  /** A bit for each tensor that is written. */
  readonly written: number;
}

/** A step with the places of its operands and of its result: tensors by number, then registers. */
export interface Operation {
  readonly code: number;
  readonly result: number;
  readonly operands: readonly number[];
  readonly factors: readonly Formula[];
}

/** The registers that a thread's scratch has room for. */
const MOST_REGISTERS = 120;

/** The pass that ends an update: all norms are known. */
export function updateProgram({ weight, slots }: UpdateRule): RuleProgram {
  const list = new StepList();
  const places = new Map<Step, number>();
  // The weight comes first: usually nothing reads the old state after it, so that the new state may overwrite the old one.
  [weight, ...slots].forEach((formula, index) => {
    const step = list.resultOf(formula);
    places.set(places.has(step) ? list.copyOf(step) : step, index === 0 ? 0 : index + 1);
  });
  return new Placement(list.steps, slots.length + 2, places).program();
}

/** The pass that sums the squares of what norms are of. */
export function normsProgram(norms: readonly FormulaNode[], tensorCount: number): RuleProgram {
  const list = new StepList();
  const places = new Map<Step, number>();
  norms.forEach((norm, index) => places.set(list.squaresOf(operandsOf(norm)[0]!), index));
  return new Placement(list.steps, tensorCount, places).program();
}

/** Gives each step's result a place. */
class Placement {
  private readonly lastReads = new Map<number | Step, number>();
  private readonly resultPlaces = new Map<Step, number>();
  private readonly freeRegisters: number[] = [];
  private registerCount = 0;

  /** @param outputs The tensors, or sums, that steps are to end in. */
  constructor(
    private readonly steps: readonly Step[],
    private readonly tensorCount: number,
    private readonly outputs: ReadonlyMap<Step, number>,
  ) {
    steps.forEach(({ operands }, at) => {
      for (const operand of operands) this.lastReads.set(keyOf(operand), at);
    });
  }

  program(): RuleProgram {
    const copies: Operation[] = [];
    const operations = this.steps.map((step, at): Operation => {
      const operands = step.operands.map((operand) =>
        'code' in operand ? this.resultPlaces.get(operand)! : operand.tensor,
      );
      const output = this.outputs.get(step);
      const isSum = step.code === OPERATION.squares;
      // A value that is still to be read is not overwritten: the result waits in a register.
      const waits = !isSum && output !== undefined && (this.lastReads.get(output) ?? -1) > at;
      this.freeAfter(step.operands, at);
      const result = output === undefined || waits ? this.takeRegister() : output;
      this.resultPlaces.set(step, result);
      if (waits) copies.push({ code: OPERATION.shift, result: output, operands: [result], factors: [1, 0] });
      return { code: step.code, result, operands, factors: step.factors };
    });
    const sums = this.steps.filter(({ code }) => code === OPERATION.squares).length;
    return {
      operations: [...operations, ...copies],
      registerCount: this.registerCount,
      sumCount: sums,
      written: sums > 0 ? 0 : [...this.outputs.values()].reduce((bits, tensor) => bits | (1 << tensor), 0),
    };
  }

  /** Frees registers that no later step reads; the step at hand may write where it reads. */
  private freeAfter(operands: readonly Value[], at: number): void {
    for (const operand of new Set(operands)) {
      if (!('code' in operand) || this.lastReads.get(operand) !== at) continue;
      const place = this.resultPlaces.get(operand)!;
      // A result that waits to be copied is read after all steps.
      if (place >= this.tensorCount && !this.outputs.has(operand)) this.freeRegisters.push(place);
    }
  }

  private takeRegister(): number {
    const free = this.freeRegisters.pop();
    if (free !== undefined) return free;
    if (this.registerCount === MOST_REGISTERS) {
      throw new Error(`Expected a rule that holds at most ${MOST_REGISTERS} quantities at a time.`);
    }
    return this.tensorCount + this.registerCount++;
  }
}

function keyOf(value: Value): number | Step {
  return 'code' in value ? value : value.tensor;
}
