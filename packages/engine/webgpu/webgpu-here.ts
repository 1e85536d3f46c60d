import { findAdapter } from '../src/engines/webgpu/find-adapter';

/** Why WebGPU does not run here, for a skipped suite's title; empty where it does. */
export const WEBGPU_NOTE = await absence();

/** True where WebGPU does not run in this Node.js: `describe.skipIf(isWebgpuAbsent)`. */
export const isWebgpuAbsent = WEBGPU_NOTE !== '';

async function absence(): Promise<string> {
  const found = await findAdapter({
    card: process.env['ZOO_GPU'],
    precision: 'float32',
    allowsSoftware: true,
  });
  if ('absentBecause' in found) return ` (skipped: ${found.absentBecause})`;
  found.release();
  return '';
}
