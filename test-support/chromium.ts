import { existsSync } from 'node:fs';

import { build, type BuildOptions, type OutputFile } from 'esbuild';
import { chromium, type Browser } from 'playwright-core';

/** Debian's Chromium, or the one that $ZOO_CHROMIUM names. */
export const CHROMIUM = process.env['ZOO_CHROMIUM'] ?? '/usr/bin/chromium';

/** True where there is none: `describe.skipIf(isChromiumAbsent)`. */
export const isChromiumAbsent = !existsSync(CHROMIUM);

/** What a suite's title says of its being skipped: nothing where it runs. */
export const CHROMIUM_NOTE = isChromiumAbsent ? ` (skipped: no ${CHROMIUM})` : '';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const FLAGS_BY_RENDERER = {
  none: ['--disable-gpu'],
  software: ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  'software WebGPU': ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
};

/**
 * Starts Chromium without a window, drawing with nothing (the default) or in software; WebGPU takes no part unless it is asked for.
 *
 * @param flags Further flags of its command line.
 */
export function launchChromium(
  renderer: keyof typeof FLAGS_BY_RENDERER = 'none',
  flags: readonly string[] = [],
): Promise<Browser> {
  const args = [...FLAGS, ...FLAGS_BY_RENDERER[renderer], ...flags];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** Bundles a page's script from source, for browsers, in memory. */
export async function bundlePage(entryPoint: string, options: BuildOptions = {}): Promise<OutputFile[]> {
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@zoo/source'],
    logLevel: 'error',
    ...options,
    write: false,
  });
  return outputFiles;
}
