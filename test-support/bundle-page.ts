import { fileURLToPath } from 'node:url';

import { build, type BuildOptions, type Metafile, type OutputFile } from 'esbuild';

/** What esbuild makes of a page's script. */
export interface PageBundle {
  /** The files that the page loads before it runs. */
  readonly atOnce: readonly OutputFile[];
  /** Those that it may load later on. */
  readonly later: readonly OutputFile[];
  /** What is in `atOnce`, as esbuild tells it. */
  readonly outputsAtOnce: readonly Metafile['outputs'][string][];
  readonly outputs: readonly Metafile['outputs'][string][];
}

/** Bundles and minifies a page's script, `contents` in `folder`, from our sources. */
export async function bundlePage(
  contents: string,
  {
    folder,
    conditions = [],
    ...options
  }: Pick<BuildOptions, 'conditions' | 'external' | 'splitting'> & { folder: URL },
): Promise<PageBundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(folder), loader: 'ts' },
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'out',
    format: 'esm',
    minify: true,
    conditions: ['@zoo/source', ...conditions],
    splitting: true,
    ...options,
  });
  const first = Object.keys(metafile.outputs).find((path) => path.endsWith('stdin.js'))!;
  const needed = new Set([first]);
  for (const path of needed) {
    const imports = metafile.outputs[path]!.imports.filter(({ external }) => external !== true);
    for (const { kind, path: other } of imports) if (kind === 'import-statement') needed.add(other);
  }
  const isAtOnce = ({ path }: OutputFile): boolean => [...needed].some((name) => path.endsWith(name));
  return {
    atOnce: outputFiles.filter(isAtOnce),
    later: outputFiles.filter((file) => !isAtOnce(file)),
    outputsAtOnce: [...needed].map((path) => metafile.outputs[path]!),
    outputs: Object.values(metafile.outputs),
  };
}
