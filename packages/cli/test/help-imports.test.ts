import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { expect, it } from 'vitest';

it.each([
  ['of all commands', 'program.ts'],
  ['of zoo train', 'commands/train.ts'],
])('the help %s loads no TensorFlow.js', async (_, name) => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../src/program.ts', import.meta.url))],
    ...{ bundle: true, splitting: true, platform: 'node', format: 'esm', write: false, metafile: true },
    outdir: 'unused',
    packages: 'bundle',
    external: [
      '@tensorflow/*',
      'sharp',
      'koffi',
      'webgpu',
      'onnxruntime-node',
      'bare-*',
      'fs-native-extensions',
    ],
    conditions: ['@zoo/source'],
  });
  const { outputs } = metafile;
  const [entry] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(name))!;
  const seen = new Set<string>();
  const external = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { kind, path: imported, external: isExternal } of outputs[path]?.imports ?? []) {
      if (kind !== 'import-statement') continue;
      if (isExternal === true) external.add(imported);
      else visit(imported);
    }
  };
  visit(entry);
  expect(seen.size).toBeGreaterThan(1);
  expect([...external].filter((name) => name.startsWith('@tensorflow'))).toEqual([]);
});
