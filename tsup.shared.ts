import { readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { defineConfig, type Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * The one bundling of every package: ESM, declarations and source maps, for Node 20.19 and today's browsers.
 *
 * `tsup --no-dts` (the `bundle` scripts) leaves the declarations out, which take most of the time and which running needs not.
 */
export function packageConfig(entry: Record<string, string>, overrides: Options = {}) {
  return defineConfig(({ dts }) => ({
    entry,
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    external: [/^node:/],
    // Optional dependencies, too: a native part finds its binary only beside its own files.
    skipNodeModulesBundle: true,
    dts: { entry, compilerOptions: { noEmit: false } },
    sourcemap: true,
    // Sources are published beside them.
    esbuildOptions: (options) => {
      options.sourcesContent = false;
    },
    // Code alone must not wipe the declarations that an earlier build has left.
    clean: dts === false ? ['dist/**/*.js', 'dist/**/*.js.map'] : true,
    treeshake: true,
    splitting: true,
    ...overrides,
  }));
}

/**
 * {@link packageConfig} of a package that pages load: each source file stays a file.
 *
 * A bundler puts whole files into what a page loads at once or later. Of a package in one file a page that builds one network would load all
 * that any part of it may ever fetch.
 */
export function pagePackageConfig(entry: Record<string, string>, overrides: Options = {}) {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => join('src', path));
  const named = new Map(Object.entries(entry).map(([name, source]) => [resolve(source), name]));
  const nameOf = (source: string): string =>
    named.get(resolve(source)) ?? relative('src', source).slice(0, -'.ts'.length);
  const all = Object.fromEntries(sources.map((source) => [nameOf(source), source]));
  return packageConfig(entry, {
    ...overrides,
    entry: all,
    splitting: false,
    esbuildPlugins: [filesApart(sources, nameOf)],
  });
}

/** Leaves imports of the package's own files as imports, of what these become. */
function filesApart(sources: readonly string[], nameOf: (source: string) => string): Plugin {
  const known = new Set(sources.map((source) => resolve(source)));
  return {
    name: 'files-apart',
    setup(build) {
      build.onResolve({ filter: /^\.\.?(\/|$)/ }, ({ path, importer, resolveDir }) => {
        const target = [`${path}.ts`, `${path}/index.ts`]
          .map((each) => resolve(resolveDir, each))
          .find((each) => known.has(each));
        if (target === undefined) return undefined;
        const from = dirname(nameOf(importer));
        const to = relative(from, nameOf(target));
        return { path: `${to.startsWith('.') ? '' : './'}${to}.js`, external: true, sideEffects: false };
      });
    },
  };
}
