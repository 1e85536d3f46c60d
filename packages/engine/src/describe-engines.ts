import { ENGINE_NAMES } from './engine-name';
import type { SelectedEngine } from './select-engine';

const NAME_WIDTH = Math.max(...ENGINE_NAMES.map((name) => name.length));

/**
 * Describes the chosen engine and why the others were not chosen, as a table of plain text with one engine per line.
 *
 * @example
 * tensorflow-gpu  unavailable  @tensorflow/tfjs-node-gpu is not installed
 * webgpu          unavailable  the npm package webgpu is not installed
 * tensorflow      unavailable  @tensorflow/tfjs-node is not installed
 * webgl           unavailable  no WebGL outside a browser
 * wasm            chosen       the best present for training: TensorFlow.js wasm with the zoo's kernels (2 threads)
 * cpu             not tried
 */
export function describeEngines({ name: chosen, reason, threads, unavailable }: SelectedEngine): string {
  const tried = [...unavailable.map(({ name }) => name), chosen];
  const rows = [...tried, ...ENGINE_NAMES.filter((name) => !tried.includes(name))].map((name) => {
    if (name === chosen) return [name, 'chosen', `${reason}${threadsInWords(threads)}`];
    const because = unavailable.find((engine) => engine.name === name)?.reason;
    return because === undefined ? [name, 'not tried', ''] : [name, 'unavailable', because];
  });
  return rows
    .map(([name, status, why]) => `${name!.padEnd(NAME_WIDTH)}  ${status!.padEnd(11)}  ${why!}`.trimEnd())
    .join('\n');
}

function threadsInWords(threads: number | undefined): string {
  if (threads === undefined) return '';
  return threads === 1 ? ' (1 thread)' : ` (${threads} threads)`;
}
