import type { ContractCase } from './contract-case';
import { convolutionCases, fusedConvolutionCases } from './convolution-cases';
import { depthwiseCases } from './depthwise-cases';
import { finiteDifferenceCases } from './finite-difference-cases';
import { batchNormCases, matMulCases, poolingCases, smallKernelCases } from './other-kernel-cases';
import { flatMemoryCase, optimizerCases, smallNetCases } from './training-cases';

export type { ContractCase } from './contract-case';

/** How much of the contract to run. */
export interface ContractSize {
  readonly randomConvolutions: number;
  readonly smallNets: number;
  readonly steps: number;
}

/**
 * What every engine promises, as framework-free cases; `check` needs tfjs's cpu engine beside the one under test.
 *
 * Dilated convolutions have gradients on wasm only (tfjs refuses them), so other engines leave those cases out.
 */
export function contractCases(size: ContractSize): ContractCase[] {
  return [
    ...convolutionCases(size.randomConvolutions),
    ...fusedConvolutionCases(),
    ...depthwiseCases(),
    ...matMulCases(),
    ...batchNormCases(),
    ...poolingCases(),
    ...smallKernelCases(),
    ...finiteDifferenceCases(),
    ...optimizerCases(),
    ...smallNetCases(size.smallNets),
    flatMemoryCase(size.steps),
  ];
}
