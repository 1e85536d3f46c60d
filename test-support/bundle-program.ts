import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

/** Bundles the TypeScript program `<package>/test/support/<name>.ts`, so that Node runs it on its own. Returns the bundle's path, the caller's to remove. */
export async function bundleProgram(source: URL): Promise<string> {
  // Within the package, so that its dependencies are found.
  const cache = fileURLToPath(new URL('../../node_modules/.cache/', source));
  mkdirSync(cache, { recursive: true });
  const program = join(cache, `${basename(source.pathname, '.ts')}-${process.pid}.mjs`);
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@zoo/source'],
    external: ['fs-native-extensions', 'sharp'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
  return program;
}
