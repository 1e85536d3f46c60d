import { cacheDirectory } from '@zoo/core';

import type { NodeBuiltins } from '../node-builtins';

/** What `zoo native` writes beside a finished build, last of all: a folder without it is unfinished. */
export interface TensorFlowBuild {
  /** TensorFlow's version, for example `2.21.0`. */
  readonly tensorflowVersion: string;
  /** True if that TensorFlow was built for CUDA. */
  readonly cuda: boolean;
  /** The tfjs-node package with the binding in it. */
  readonly packageDirectory: string;
  /** TensorFlow's Python package, whose libraries the binding loads. */
  readonly tensorflowDirectory: string;
}

/** Name of the file that holds a {@link TensorFlowBuild}. */
export const TENSORFLOW_BUILD_FILE = 'tensorflow-build.json';

/** The folder that holds the builds, one folder each. */
export function tensorflowBuildsDirectory({ path }: Pick<NodeBuiltins, 'path'>): string {
  return path.join(cacheDirectory(), 'tensorflow');
}

/** The finished builds whose files are still there, the newest TensorFlow first. */
export function findTensorFlowBuilds(builtins: Pick<NodeBuiltins, 'fileSystem' | 'path'>): TensorFlowBuild[] {
  const { fileSystem, path } = builtins;
  const directory = tensorflowBuildsDirectory(builtins);
  if (!fileSystem.existsSync(directory)) return [];
  return fileSystem
    .readdirSync(directory)
    .map((name) => readBuild(fileSystem, path.join(directory, name, TENSORFLOW_BUILD_FILE)))
    .filter((build) => build !== undefined)
    .filter(({ packageDirectory, tensorflowDirectory }) =>
      [packageDirectory, tensorflowDirectory].every((needed) => fileSystem.existsSync(needed)),
    )
    .sort((left, right) => compareVersions(right.tensorflowVersion, left.tensorflowVersion));
}

function readBuild(fileSystem: NodeBuiltins['fileSystem'], file: string): TensorFlowBuild | undefined {
  try {
    return JSON.parse(fileSystem.readFileSync(file, 'utf8')) as TensorFlowBuild;
  } catch {
    return undefined;
  }
}

function compareVersions(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}
