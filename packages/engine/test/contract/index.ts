import type { ContractCase } from './contract-case';
import { convolutionAddCases, convolutionCases, fusedConvolutionCases } from './convolution-cases';
import { depthwiseCases } from './depthwise-cases';
import { finiteDifferenceCases } from './finite-difference-cases';
import { groupedCases } from './grouped-cases';
import { batchNormCases, matMulCases, poolingCases, smallKernelCases } from './other-kernel-cases';
import { ruleCases } from './rule-cases';
import { flatMemoryCase, optimizerCases, smallNetCases } from './training-cases';

export type { ContractCase } from './contract-case';

/** How many cases are drawn at random, and the steps over which no tensor may be left behind. */
const SIZE = { randomConvolutions: 60, smallNets: 200, randomRules: 40, steps: 1000 };

/**
 * What every engine promises, as framework-free cases; `check` needs tfjs's cpu engine beside the one under test.
 *
 * Dilated convolutions have gradients on wasm only (tfjs refuses them), so other engines leave those cases out.
 */
export function contractCases(): ContractCase[] {
  return [
    ...convolutionCases(SIZE.randomConvolutions),
    ...fusedConvolutionCases(),
    ...convolutionAddCases(),
    ...depthwiseCases(),
    ...groupedCases(),
    ...matMulCases(),
    ...batchNormCases(),
    ...poolingCases(),
    ...smallKernelCases(),
    ...finiteDifferenceCases(),
    ...optimizerCases(),
    ...ruleCases(SIZE.randomRules),
    ...smallNetCases(SIZE.smallNets),
    flatMemoryCase(SIZE.steps),
  ];
}
