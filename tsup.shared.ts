import { defineConfig, type Options } from 'tsup';

/** The one bundling of every package: ESM, declarations and source maps, for Node 20.19 and today's browsers. */
export function packageConfig(entry: Record<string, string>, overrides: Options = {}) {
  return defineConfig({
    entry,
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    external: [/^node:/],
    dts: { compilerOptions: { customConditions: [], noEmit: false } },
    sourcemap: true,
    clean: true,
    treeshake: true,
    splitting: true,
    ...overrides,
  });
}
