import { cacheDirectory } from '@zoo/core';

import { nodeBuiltins, type NodeBuiltins } from '../node-builtins';

import { CANDIDATE_TILES, TileTable, type ProductPlan } from './kernels/tile-table';
import { runningEngine } from './running-engine';
import type { TunedProduct } from './tune-products';

const FILE_NAME = 'webgpu-products.json';
const LARGEST_FILE_BYTES = 1 << 24;
const MOST_SPLITS = 256;

/** Plans by product, as the file keeps them: a tile by its place in its numbers. */
type KeptPlans = Record<string, { readonly tile: unknown; readonly splits: unknown }>;

/**
 * Keeps the fastest plan of each product for the running card, in `webgpu-products.json` in the cache folder; the engine takes them when
 * it is started on that card again. Outside Node.js nothing is kept.
 *
 * @returns The file's path, or undefined where there is none.
 */
export function keepTunedProducts(tuned: readonly TunedProduct[]): string | undefined {
  const builtins = nodeBuiltins();
  const running = runningEngine();
  if (builtins === undefined || running === undefined) return undefined;
  const { fileSystem, path } = builtins;
  const file = path.join(cacheDirectory(), FILE_NAME);
  const kept = readFile(builtins);
  const plans: KeptPlans = { ...kept[running.card] };
  for (const { kind, size, plans: timed } of tuned) {
    const [best] = timed;
    if (best !== undefined) plans[TileTable.key(kind, size)] = { tile: best.tile, splits: best.splits };
  }
  fileSystem.mkdirSync(path.dirname(file), { recursive: true });
  // A rename replaces the file at once, so that a process reading it never meets half of it.
  const draft = `${file}.${process.pid}`;
  fileSystem.writeFileSync(draft, `${JSON.stringify({ ...kept, [running.card]: plans })}\n`);
  fileSystem.renameSync(draft, file);
  return file;
}

/** Gives the table what was measured on this card before; a file that is damaged or of another version is as good as none. */
export function takeKeptPlans(tiles: TileTable, card: string): void {
  const builtins = nodeBuiltins();
  if (builtins === undefined) return;
  for (const [key, { tile, splits }] of Object.entries(readFile(builtins)[card] ?? {})) {
    const plan = checkedPlan(tile, splits);
    if (plan !== undefined) tiles.set(key, plan);
  }
}

function readFile({ fileSystem, path }: NodeBuiltins): Record<string, KeptPlans> {
  try {
    const file = path.join(cacheDirectory(), FILE_NAME);
    if (fileSystem.statSync(file).size > LARGEST_FILE_BYTES) return {};
    const kept: unknown = JSON.parse(fileSystem.readFileSync(file, 'utf8'));
    return typeof kept === 'object' && kept !== null ? (kept as Record<string, KeptPlans>) : {};
  } catch {
    return {};
  }
}

/** A plan of a tile that this version has. */
function checkedPlan(tile: unknown, splits: unknown): ProductPlan | undefined {
  const known = CANDIDATE_TILES.find((candidate) => JSON.stringify(candidate) === JSON.stringify(tile));
  const isCount = Number.isInteger(splits) && Number(splits) >= 1 && Number(splits) <= MOST_SPLITS;
  return known === undefined || !isCount ? undefined : { tile: known, splits: Number(splits) };
}
