import { ZooError } from '@zoo/core';

/** The error of an architecture that can't be built; `problem` is a sentence. */
export function notBuildable(problem: string): ZooError {
  return new ZooError(
    'unsupported',
    `${problem} Build the model yourself and load its weights with loadKerasWeights.`,
  );
}
