import { defineConfig, type Options } from 'tsup';

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
    dts: { compilerOptions: { noEmit: false } },
    sourcemap: true,
    // Code alone must not wipe the declarations that an earlier build has left.
    clean: dts === false ? ['dist/**/*.js', 'dist/**/*.js.map'] : true,
    treeshake: true,
    splitting: true,
    ...overrides,
  }));
}
