import { ZooError } from '@zoo/core';

/**
 * Throws if the kernels were compiled from other sources than those that lie here: calls and kernels would disagree about their
 * arguments, and results be silently wrong. It happens in the repository alone, after a pull without a build.
 *
 * @param compiled The hash of the sources that were compiled; undefined in a build from before there was one.
 * @param present The hash of the sources here; undefined where there are none.
 */
export function expectFreshKernels(compiled: string | undefined, present: string | undefined): void {
  if (present === undefined || present === compiled) return;
  throw new ZooError(
    'engine-unavailable',
    'The wasm kernels were compiled from other sources than those in packages/engine/assembly. ' +
      'Run `npx turbo run kernels`, or `npx turbo run bundle` where the built package is used.',
  );
}
