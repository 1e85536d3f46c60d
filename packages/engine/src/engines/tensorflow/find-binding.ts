import type { NodeBuiltins } from '../node-builtins';

import { findTensorFlowBuilds } from './tensorflow-build';

/** A tfjs-node package whose binding is built. */
export interface BindingPackage {
  readonly directory: string;
  /** Where it was found, for people: "@tensorflow/tfjs-node 4.22.0". */
  readonly origin: string;
}

/** What was looked for in vain, for people. */
export interface BindingMissing {
  readonly absentBecause: string;
}

/**
 * The first of: the folder in $ZOO_TFJS_NODE, the package as this module or the working folder resolves it, and what
 * `zoo native` has built; each only with its compiled binding.
 */
export function findBinding(
  builtins: NodeBuiltins,
  packageName: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu',
): BindingPackage | BindingMissing {
  const { path } = builtins;
  const isGpu = packageName.endsWith('-gpu');
  const named = process.env.ZOO_TFJS_NODE;
  if (named !== undefined && named !== '' && !isGpu) {
    if (hasBinding(builtins, named)) return { directory: path.resolve(named), origin: '$ZOO_TFJS_NODE' };
    return { absentBecause: `$ZOO_TFJS_NODE holds no built tfjs-node (${named})` };
  }
  const installed = resolvePackage(builtins, packageName);
  if (installed !== undefined && hasBinding(builtins, installed)) {
    return { directory: installed, origin: packageName };
  }
  const built = findTensorFlowBuilds(builtins).find(({ cuda }) => cuda === isGpu);
  if (built !== undefined) {
    return { directory: built.packageDirectory, origin: 'built by `zoo native`' };
  }
  return {
    absentBecause: `${packageName} is ${installed === undefined ? 'not installed' : 'installed, but its binding is not built'}`,
  };
}

function resolvePackage({ module, path }: NodeBuiltins, packageName: string): string | undefined {
  // The package's own optional peer first; then the application's, for layouts where this module can't see it.
  for (const origin of [import.meta.url, path.join(process.cwd(), 'package.json')]) {
    try {
      return path.dirname(module.createRequire(origin).resolve(`${packageName}/package.json`));
    } catch {
      continue;
    }
  }
  return undefined;
}

function hasBinding({ fileSystem, path }: NodeBuiltins, directory: string): boolean {
  const library = path.join(directory, 'lib');
  if (!fileSystem.existsSync(library)) return false;
  return fileSystem
    .readdirSync(library)
    .some((name) => fileSystem.existsSync(path.join(library, name, 'tfjs_binding.node')));
}
