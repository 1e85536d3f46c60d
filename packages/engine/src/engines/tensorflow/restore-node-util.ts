import type { NodeBuiltins } from '../node-builtins';

/**
 * Puts back the two functions of `node:util` that tfjs-node 4.22 calls and that Node 23 removed (tfjs#8609).
 *
 * Only where they are missing; it adds to Node's `util` object for the whole process, as an older Node had it.
 */
export function restoreNodeUtil(util: NodeBuiltins['util']): void {
  const target = util as unknown as Record<string, unknown>;
  target.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  target.isArray ??= (value: unknown) => Array.isArray(value);
}
