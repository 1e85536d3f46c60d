import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { writePictureFolder } from './picture-folder';

/** The code in the READMEs and the guides: all of it has the right types, and what is marked with <!-- run --> runs. */

const ROOT = resolve(import.meta.dirname, '../../..');
// Within the package, so that its dependencies are found; not under version control.
const BLOCKS = resolve(import.meta.dirname, '../reports/documentation');

interface CodeBlock {
  readonly name: string;
  readonly code: string;
  readonly runs: boolean;
}

async function documents(): Promise<string[]> {
  const guides = (await readdir(join(ROOT, 'docs/guides'))).filter((name) => name.endsWith('.md'));
  const packages = (await readdir(join(ROOT, 'packages'))).map((name) => join('packages', name, 'README.md'));
  return ['README.md', ...packages, ...guides.map((name) => join('docs/guides', name))];
}

async function codeBlocks(document: string): Promise<CodeBlock[]> {
  const text = await readFile(join(ROOT, document), 'utf8');
  const found = [...text.matchAll(/(<!-- run -->\s*)?```ts\n([\s\S]*?)```/g)];
  return found.map(([, mark, code], index) => ({
    name: `${document.replace(/\.md$/, '').replaceAll('/', '-')}-${index + 1}`,
    code: code!.startsWith(GOES_ON) ? goingOn(found[0]![2]!, code!) : code!,
    runs: mark !== undefined,
  }));
}

/** How a block begins that is no program of its own. */
const GOES_ON = '// Goes on from the first program.';

/** `code` below the first program, in a scope of its own. */
function goingOn(first: string, code: string): string {
  const isImport = (line: string): boolean => line.startsWith('import ');
  const lines = code.split('\n');
  const body = lines.filter((line) => !isImport(line)).join('\n');
  return [...lines.filter(isImport), first, '{', body, '}'].join('\n');
}

const blocks = (await Promise.all((await documents()).map(codeBlocks))).flat();
const folder = temporaryDirectory();
const place = (block: CodeBlock): string => join(BLOCKS, `${block.name}.ts`);

beforeAll(async () => {
  await rm(BLOCKS, { recursive: true, force: true });
  await mkdir(BLOCKS, { recursive: true });
  // A long training shows nothing that two epochs do not.
  const shortened = (code: string) => code.replace(/\bepochs(:| =) \d+/, 'epochs$1 2');
  for (const block of blocks) await writeFile(place(block), `${shortened(block.code)}\nexport {};\n`);
});
afterAll(() => rm(BLOCKS, { recursive: true, force: true }));

describe('the code in the READMEs and the guides', () => {
  it('has the right types', () => {
    const { config } = ts.readConfigFile(join(ROOT, 'packages/cli/tsconfig.json'), (path) =>
      ts.sys.readFile(path),
    ) as {
      config: { extends: string };
    };
    const parsed = ts.parseJsonConfigFileContent(
      { ...config, include: ['reports/documentation'] },
      ts.sys,
      join(ROOT, 'packages/cli'),
    );
    const program = ts.createProgram(parsed.fileNames, parsed.options);
    const problems = program
      .getSourceFiles()
      .filter(({ fileName }) => fileName.startsWith(BLOCKS))
      .flatMap((file) => program.getSemanticDiagnostics(file))
      .map(
        ({ file, messageText }) =>
          `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
    expect(parsed.fileNames).toHaveLength(blocks.length);
    expect(problems).toEqual([]);
  }, 120_000);

  it.each(blocks.filter(({ runs }) => runs))(
    'runs: $name',
    async (block) => {
      const before = process.cwd();
      const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
      const progress = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
      try {
        await writePictureFolder(folder('pictures'), { count: 5, size: 40 });
        process.chdir(folder());
        await import(place(block));
        expect(log).toHaveBeenCalled();
      } finally {
        // Programs that end leave their model to the end.
        tf.disposeVariables();
        process.chdir(before);
        progress.mockRestore();
      }
    },
    120_000,
  );
});
