import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** A hash of assembly/: what the compiled kernels were made of. */
export function hashSources() {
  const directory = new URL('../assembly/', import.meta.url);
  const sources = readdirSync(directory)
    .sort()
    .map((name) => readFileSync(new URL(name, directory), 'utf8'));
  return createHash('sha256').update(sources.join()).digest('hex');
}
