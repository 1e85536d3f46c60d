/**
 * Node's `process.getBuiltinModule`, which gives `os`, `net` and the like; undefined in browsers and in Node before 20.16.
 *
 * Asked for at run time: a bundler for browsers has nothing to resolve.
 */
export function nodeBuiltins(): NodeJS.Process['getBuiltinModule'] | undefined {
  return (globalThis as { process?: Partial<NodeJS.Process> }).process?.getBuiltinModule;
}
