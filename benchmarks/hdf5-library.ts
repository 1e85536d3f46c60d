/**
 * One library's work on HDF5 files, as one line of JSON. Run by hdf5.ts:
 * `hdf5-library zoo|h5wasm read|write file repetitions`, or `hdf5-library zoo|h5wasm walk files...`, which prints a line a file.
 */
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';

import { openHdf5, Hdf5Group } from '../packages/weights/src/hdf5/hdf5-file';
import {
  addChild,
  groupContent,
  writeHdf5,
  type GroupContent,
} from '../packages/weights/src/hdf5/write-hdf5';
import { openSource } from '../packages/weights/src/source/open-source';
import { bytesOf, type TensorValues } from '../packages/weights/src/tensor-data';

/** What Keras' files hold: lists of texts and texts by `path@name`, numbers by path. */
interface Content {
  readonly attributes: Map<string, string | string[]>;
  readonly datasets: Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
}

interface Library {
  read(path: string): Promise<Content>;
  write(content: Content, path: string): Promise<void>;
}

/** Damaged groups may lead back to themselves: walking on is the walker's fault, not the library's. */
const MAXIMUM_GROUPS = 2000;

const ATTRIBUTES = ['layer_names', 'weight_names', 'backend', 'keras_version', 'model_config', 'name'];

function startZoo(): Promise<Library> {
  const library: Library = {
    async read(path) {
      const content: Content = { attributes: new Map(), datasets: new Map() };
      const source = await openSource(path);
      let visits = 0;
      const visit = async (group: Hdf5Group): Promise<void> => {
        if (++visits > MAXIMUM_GROUPS) throw new Error('groups lead in a circle');
        for (const name of ATTRIBUTES) {
          const values = await group.attribute(name);
          if (values !== undefined) content.attributes.set(`${group.path}@${name}`, texts(name, values));
        }
        for (const name of group.names) {
          const child = await group.find(name);
          if (child instanceof Hdf5Group) await visit(child);
          else if (child !== undefined) {
            content.datasets.set(child.path, { shape: child.shape, values: floats(await child.read()) });
          }
        }
      };
      try {
        await visit(await openHdf5(source));
      } finally {
        await source.close?.();
      }
      return content;
    },
    async write({ attributes, datasets }, path) {
      const root = groupContent();
      for (const [key, value] of attributes)
        groupAt(root, key.split('@')[0]!).attributes.set(key.split('@')[1]!, value);
      for (const [name, { shape, values }] of datasets) {
        addChild(root, name, {
          kind: 'dataset',
          shape,
          type: 'float32',
          bytes: () => Promise.resolve(bytesOf(values)),
        });
      }
      const handle = await open(path, 'w');
      for await (const piece of writeHdf5(root).pieces()) await handle.writeFile(piece);
      await handle.close();
    },
  };
  return Promise.resolve(library);
}

function groupAt(root: GroupContent, path: string): GroupContent {
  let group = root;
  for (const part of path.split('/').filter((name) => name !== '')) {
    const child = group.children.get(part) ?? groupContent();
    if (child.kind !== 'group') throw new Error(`${part} is a dataset`);
    group.children.set(part, child);
    group = child;
  }
  return group;
}

async function startH5wasm(): Promise<Library> {
  const { File, Group, Dataset, ready } = await import('h5wasm/node');
  await ready;
  return {
    read(path) {
      const content: Content = { attributes: new Map(), datasets: new Map() };
      let visits = 0;
      const visit = (group: InstanceType<typeof Group>): void => {
        if (++visits > MAXIMUM_GROUPS) throw new Error('groups lead in a circle');
        const attributes = group.attrs;
        for (const name of ATTRIBUTES) {
          const value = attributes[name]?.value;
          if (value !== undefined)
            content.attributes.set(`${group.path}@${name}`, texts(name, [value].flat()));
        }
        for (const name of group.keys()) {
          const child = group.get(name);
          if (child instanceof Group) visit(child);
          else if (child instanceof Dataset) {
            content.datasets.set(child.path, {
              shape: child.shape ?? [],
              values: floats(child.value as TensorValues),
            });
          } else throw new Error(`no group or dataset: ${name}`);
        }
      };
      const file = new File(path, 'r');
      try {
        visit(file);
      } finally {
        file.close();
      }
      return Promise.resolve(content);
    },
    write({ attributes, datasets }, path) {
      const file = new File(path, 'w');
      const groups = new Map<string, InstanceType<typeof Group>>([['', file]]);
      const ensure = (name: string): InstanceType<typeof Group> => {
        const known = groups.get(name);
        if (known !== undefined) return known;
        const cut = name.lastIndexOf('/');
        const group = ensure(name.slice(0, cut)).create_group(name.slice(cut + 1));
        groups.set(name, group);
        return group;
      };
      for (const [key, value] of attributes) {
        const [group, name] = key.split('@') as [string, string];
        const owner = ensure(group === '/' ? '' : group);
        if (typeof value === 'string') owner.create_attribute(name, value, []);
        else if (value.length === 0) owner.create_attribute(name, new Float64Array(0), [0]);
        else
          owner.create_attribute(
            name,
            value,
            [value.length],
            `S${Math.max(...value.map((text) => text.length))}`,
          );
      }
      for (const [name, { shape, values }] of datasets) {
        const cut = name.lastIndexOf('/');
        ensure(name.slice(0, cut)).create_dataset({
          name: name.slice(cut + 1),
          data: values,
          shape: [...shape],
        });
      }
      file.close();
      return Promise.resolve();
    },
  };
}

function texts(name: string, values: readonly unknown[]): string | string[] {
  const strings = values.filter((value) => typeof value === 'string');
  return name.endsWith('_names') ? strings : (strings[0] ?? '');
}

function floats(values: TensorValues): Float32Array {
  if (values instanceof Float32Array) return values;
  return Float32Array.from(values as Iterable<number | bigint>, Number);
}

const [name = 'zoo', task = 'read', path = '', ...rest] = process.argv.slice(2);
const before = process.memoryUsage.rss();
const start = performance.now();
const library = await (name === 'zoo' ? startZoo() : startH5wasm());
const startMs = performance.now() - start;

if (task === 'walk') {
  // A crashed WebAssembly module can't be used again: the process ends and is started for the files that are left.
  for (const file of [path, ...rest]) {
    process.stdout.write(`start ${file}\n`);
    const since = performance.now();
    // Not called directly: h5wasm throws at once.
    const outcome = await Promise.resolve(file)
      .then((path) => library.read(path))
      .then(
        () => 'read',
        (error: unknown) => (isCrash(error) ? 'crash' : 'refused'),
      );
    process.stdout.write(
      `${outcome} ${file} ${performance.now() - since} ${process.memoryUsage.rss() - before}\n`,
    );
    if (outcome === 'crash') break;
  }
} else {
  const timesMs: number[] = [];
  let hash = '';
  const content = task === 'write' ? await (await startZoo()).read(path) : undefined;
  const writeBefore = process.memoryUsage.rss();
  for (let i = 0; i < Number(rest[0] ?? 1); i++) {
    const since = performance.now();
    if (content === undefined) hash = fingerprint(await library.read(path));
    else await library.write(content, `${path}.${name}`);
    timesMs.push(performance.now() - since);
  }
  if (content !== undefined)
    hash = createHash('sha256')
      .update(await readFile(`${path}.${name}`))
      .digest('hex');
  const peakBytes = (await peakMemoryBytes()) - (task === 'write' ? writeBefore : before);
  process.stdout.write(`${JSON.stringify({ startMs, timesMs, peakBytes, hash })}\n`);
}
process.exit(0);

/** Of this program alone: `maxRSS` would count the program that started it. Linux only. */
async function peakMemoryBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]);
}

/** What was read, in short: both libraries must find the same. */
function fingerprint({ attributes, datasets }: Content): string {
  const lastValues = [...datasets.values()].map(({ values }) => values.at(-1));
  return JSON.stringify([attributes.size, lastValues]);
}

function isCrash(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || /abort|unreachable|memory access/i.test(String(error));
}
