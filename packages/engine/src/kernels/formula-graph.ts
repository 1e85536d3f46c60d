import type { Formula, FormulaNode, UpdateRule } from '@zoo/core';

/** A rule's norms by the passes that they need: those of a pass are of quantities that need norms of earlier passes alone. */
export function normsByPass({ weight, slots }: UpdateRule): FormulaNode[][] {
  const depths = new Map<Formula, number>();
  const passes: FormulaNode[][] = [];
  const depthOf = (formula: Formula): number => {
    const known = depths.get(formula);
    if (known !== undefined) return known;
    let depth = 0;
    for (const operand of operandsOf(formula)) depth = Math.max(depth, depthOf(operand));
    if (typeof formula !== 'number' && formula.operation === 'norm') (passes[depth++] ??= []).push(formula);
    depths.set(formula, depth);
    return depth;
  };
  for (const formula of [weight, ...slots]) depthOf(formula);
  return passes;
}

/** True for a number, and for what is one number for a whole weight. */
export function isScalar(formula: Formula): formula is number | Extract<FormulaNode, { isScalar: true }> {
  return typeof formula === 'number' || formula.isScalar;
}

/** What a formula is made of; nothing for a number or a tensor. */
export function operandsOf(formula: Formula): readonly Formula[] {
  return typeof formula !== 'number' && 'operands' in formula ? formula.operands : [];
}
