import type { Callback } from './callback';

/** Calls each callback's hook in turn and waits for it. */
export async function forEachCallback(
  callbacks: readonly Callback[],
  call: (callback: Callback) => void | Promise<void>,
): Promise<void> {
  for (const callback of callbacks) await call(callback);
}
