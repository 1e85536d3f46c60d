import type { KernelDefinition } from './kernels/kernel-definition';
import { adamWUpdate, sgdUpdate } from './kernels/optimizer-updates';
import { ruleUpdate } from './kernels/rule-update/rule-update';
import { softmaxCrossEntropy } from './kernels/softmax-cross-entropy';

/** Kernels of training steps alone, which a page that predicts and explains fetches none of; without them stock operations do the same, slower. */
export const TRAINING_KERNELS: readonly KernelDefinition[] = [
  softmaxCrossEntropy,
  ruleUpdate,
  sgdUpdate,
  adamWUpdate,
];
