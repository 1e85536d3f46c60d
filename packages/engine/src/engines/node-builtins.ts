import type * as childProcess from 'node:child_process';
import type * as fileSystem from 'node:fs';
import type * as module from 'node:module';
import type * as operatingSystem from 'node:os';
import type * as path from 'node:path';
import type * as url from 'node:url';
import type * as util from 'node:util';
import type * as workerThreads from 'node:worker_threads';

/**
 * Node's own modules, asked for at run time instead of imported: a bundler for browsers then has nothing to resolve, and the
 * same code answers "not in Node.js" there. Every use of Node outside the /node subpath goes through here.
 */
export interface NodeBuiltins {
  readonly childProcess: typeof childProcess;
  readonly fileSystem: typeof fileSystem;
  readonly module: typeof module;
  readonly operatingSystem: typeof operatingSystem;
  readonly path: typeof path;
  readonly url: typeof url;
  readonly util: typeof util;
  readonly workerThreads: typeof workerThreads;
}

/** Node's modules, or undefined where there is no Node.js. */
export function nodeBuiltins(): NodeBuiltins | undefined {
  const { process } = globalThis as { process?: Partial<NodeJS.Process> };
  const get = process?.getBuiltinModule;
  if (process?.versions?.node === undefined || get === undefined) return undefined;
  return {
    childProcess: get('node:child_process'),
    fileSystem: get('node:fs'),
    module: get('node:module'),
    operatingSystem: get('node:os'),
    path: get('node:path'),
    url: get('node:url'),
    util: get('node:util'),
    workerThreads: get('node:worker_threads'),
  };
}
