import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

/** The path of one picture in ARCHITECTURE.md names files that exist. */

const ROOT = resolve(import.meta.dirname, '../../..');
const HEADING = '### One picture, from file to checkpoint';

async function stops(): Promise<string[]> {
  const text = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const [, diagram = ''] = text.slice(text.indexOf(HEADING)).split('```');
  return diagram.match(/\S+\.ts\b/g) ?? [];
}

const files = await stops();

describe('the path of one picture in ARCHITECTURE.md', () => {
  it('leads through data, train and weights', () => {
    const packages = new Set(files.map((file) => file.split('/')[1]));
    expect([...packages]).toEqual(['data', 'train', 'weights']);
  });

  it.each(files)('names a file that exists: %s', async (file) => {
    expect((await stat(join(ROOT, file))).isFile()).toBe(true);
  });
});
