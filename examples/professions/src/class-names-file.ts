import { readFile } from 'node:fs/promises';

import { ZooError } from '@zoo/core';
import { writeFileAtomically } from '@zoo/weights/node';

/** Writes class indices as the blog post's `idenprof_model_class.json` holds them: `{"0": "chef", "1": "doctor", ...}`. */
export async function writeClassNames(path: string, classNames: readonly string[]): Promise<void> {
  const byIndex = Object.fromEntries(classNames.map((name, index) => [`${index}`, name]));
  await writeFileAtomically(path, `${JSON.stringify(byIndex, undefined, 2)}\n`);
}

/** The class names in a file of that kind, in the order of their indices, whatever order the file lists them in. */
export async function readClassNames(path: string): Promise<string[]> {
  const byIndex = JSON.parse(await readFile(path, 'utf8')) as Readonly<Record<string, unknown>>;
  const count = Object.keys(byIndex).length;
  return Array.from({ length: count }, (_, index) => {
    const name = byIndex[`${index}`];
    if (typeof name === 'string') return name;
    throw new ZooError('invalid-file', `Expected the name of class ${index} in ${path} but there is none.`);
  });
}
