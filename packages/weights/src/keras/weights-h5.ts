import { Hdf5Group } from '../hdf5/hdf5-file';
import { invalidFile } from '../source/byte-source';
import type { StoredLayer, StoredTensor } from '../stored-tensor';

import { storedDataset, type KerasFile } from './keras-file';

const MAXIMUM_DEPTH = 16;
/** Where Keras 2.13 and before put what later versions put under `layers`. */
const OLD_PREFIX = '_layer_checkpoint_dependencies';

/** True if `root` is laid out as Keras 3 (and tf.keras since 2.12) lays out `.weights.h5`. */
export function isWeightsH5(root: Hdf5Group): boolean {
  const split = root.withBackslashesSplit();
  return split.has('layers') || split.has(OLD_PREFIX) || split.has('vars');
}

/** What of a {@link KerasFile} a `.weights.h5` holds. */
export type WeightsH5 = Pick<KerasFile, 'layers' | 'layerNames' | 'optimizer'>;

/**
 * Reads the directory of a `.weights.h5`, from one file or from the shards of one.
 *
 * Layers carry their names where the file has them (attribute `name`, since Keras 3.6); otherwise their paths, by class and count.
 *
 * @see keras/src/saving/saving_lib.py
 */
export async function readWeightsH5(roots: readonly Hdf5Group[], fileName: string): Promise<WeightsH5> {
  const found = new Map<string, FoundLayer>();
  const optimizer = new Map<string, StoredTensor>();
  for (const whole of roots) {
    const root = whole.withBackslashesSplit();
    const first = [OLD_PREFIX, 'layers'].find((name) => root.has(name));
    if (first !== undefined) await visitLayers(await root.group(first), 'layers', '', found, fileName, 0);
    await visitAttributes(root, '', found, fileName, 0);
    const ofOptimizer = root.has('optimizer') ? await root.group('optimizer') : undefined;
    const state = ofOptimizer === undefined ? undefined : await variablesOf(ofOptimizer);
    for (const tensor of await readVariables(state, 'optimizer')) optimizer.set(tensor.name, tensor);
  }
  const withWeights = [...found.values()].filter(({ tensors }) => tensors.length > 0);
  const areNamed = withWeights.every(({ name }) => name !== undefined);
  const layers = withWeights.map(({ name, path, tensors }): StoredLayer => ({
    name: areNamed ? name! : path,
    tensors: inOrder(tensors),
    classPath: path,
  }));
  return {
    layers,
    layerNames: areNamed ? 'leaf' : 'class-count',
    optimizer: inOrder([...optimizer.values()]),
  };
}

/** What Keras keeps beside the layers, and those that it lists by class. */
const NO_ATTRIBUTE_LAYERS = /^(_.*|vars|layers|seed_generator|.*optimizer|.*metrics?|.*loss)$/;

/**
 * The layers of a model of a class of its own, which Keras writes under the names of its attributes: `self.conv` is `conv`, the second dense
 * layer of the list `self.blocks` is `blocks/dense_1`. These are their names here; those that Keras numbers say less. What
 * comes behind `layers` in the alphabet is listed there, by class.
 */
async function visitAttributes(
  group: Hdf5Group,
  path: string,
  found: Map<string, FoundLayer>,
  fileName: string,
  depth: number,
): Promise<void> {
  if (depth > MAXIMUM_DEPTH) throw invalidFile(fileName, 'nests layers too deep');
  for (const child of group.names) {
    if (NO_ATTRIBUTE_LAYERS.test(child)) continue;
    const layer = await group.find(child);
    if (!(layer instanceof Hdf5Group)) continue;
    const layerPath = path === '' ? child : `${path}/${child}`;
    const tensors = await readVariables(await variablesOf(layer), layerPath);
    if (tensors.length > 0) found.set(layerPath, { path: layerPath, name: layerPath, tensors });
    await visitAttributes(layer, layerPath, found, fileName, depth + 1);
  }
}

interface FoundLayer {
  readonly path: string;
  /** Names from the outermost model's layer on, joined by slashes; undefined where the file has none. */
  readonly name: string | undefined;
  readonly tensors: StoredTensor[];
}

async function visitLayers(
  group: Hdf5Group,
  path: string,
  namePrefix: string | undefined,
  found: Map<string, FoundLayer>,
  fileName: string,
  depth: number,
): Promise<void> {
  if (depth > MAXIMUM_DEPTH) throw invalidFile(fileName, 'nests layers too deep');
  const numbers = group.path.endsWith(OLD_PREFIX) ? consecutiveNumbers(group.names) : undefined;
  for (const child of group.names) {
    const layer = await group.group(child);
    const layerPath = `${path}/${numbers?.get(child) ?? child}`;
    const variables = await variablesOf(layer);
    const own = await variables?.text('name');
    const name = own === undefined || namePrefix === undefined ? undefined : `${namePrefix}${own}`;
    const entry = found.get(layerPath) ?? { path: layerPath, name, tensors: [] };
    found.set(layerPath, entry);
    for (const tensor of [
      ...(await readVariables(variables, layerPath)),
      ...(await readInnerParts(layer, layerPath, fileName, 0)),
    ]) {
      entry.tensors.push(tensor);
    }
    const inner = [OLD_PREFIX, 'layers'].find((each) => layer.has(each));
    if (inner === undefined) continue;
    const nextPrefix = name === undefined ? undefined : `${name}/`;
    await visitLayers(
      await layer.group(inner),
      `${layerPath}/layers`,
      nextPrefix,
      found,
      fileName,
      depth + 1,
    );
  }
}

/**
 * The names with the numbers that later versions give: Keras 2.13 counts a layer with weights twice, so that `conv2d_2` is the second
 * convolution. It writes a group for every layer, with weights or without.
 */
function consecutiveNumbers(names: readonly string[]): ReadonlyMap<string, string> {
  const classes = new Map<string, { name: string; number: number }[]>();
  for (const name of names) {
    const [, base = name, number] = /^(.*?)(?:_(\d+))?$/.exec(name) ?? [];
    const layers = classes.get(base) ?? [];
    layers.push({ name, number: Number(number ?? 0) });
    classes.set(base, layers);
  }
  const renamed = new Map<string, string>();
  for (const [base, layers] of classes) {
    layers.sort((left, right) => left.number - right.number);
    layers.forEach(({ name }, i) => renamed.set(name, i === 0 ? base : `${base}_${i}`));
  }
  return renamed;
}

/** Where recurrent layers and wrappers keep what they are made of, in the order of their weights. */
const INNER_PARTS = ['forward_layer', 'backward_layer', 'layer', 'cell'];

/** The variables of the cells and layers that a layer is made of. */
async function readInnerParts(
  group: Hdf5Group,
  path: string,
  fileName: string,
  depth: number,
): Promise<StoredTensor[]> {
  if (depth > MAXIMUM_DEPTH) throw invalidFile(fileName, 'nests layers too deep');
  const numberOf = (name: string) => Number(/_(\d+)$/.exec(name)?.[1] ?? 0);
  const cells = group.has('cells') ? (await group.group('cells')).names : [];
  const parts = [
    ...INNER_PARTS.filter((part) => group.has(part)),
    ...[...cells].sort((left, right) => numberOf(left) - numberOf(right)).map((cell) => `cells/${cell}`),
  ];
  const tensors: StoredTensor[] = [];
  for (const part of parts) {
    const inner = await group.group(part);
    const innerPath = `${path}/${part}`;
    for (const tensor of [
      ...(await readVariables(await variablesOf(inner), innerPath)),
      ...(await readInnerParts(inner, innerPath, fileName, depth + 1)),
    ]) {
      tensors.push(tensor);
    }
  }
  return tensors;
}

async function variablesOf(layer: Hdf5Group): Promise<Hdf5Group | undefined> {
  return layer.has('vars') ? layer.group('vars') : undefined;
}

/** The numbered variables in a group, under the path of their layer. */
async function readVariables(group: Hdf5Group | undefined, path: string): Promise<StoredTensor[]> {
  const tensors: StoredTensor[] = [];
  for (const name of group?.names ?? []) {
    if (/^\d+$/.test(name)) tensors.push(storedDataset(`${path}/${name}`, await group!.dataset(name)));
  }
  return tensors;
}

/** By their numbers within each group, the groups as they came. */
function inOrder(tensors: readonly StoredTensor[]): StoredTensor[] {
  const groups = new Map<string, StoredTensor[]>();
  for (const tensor of tensors) {
    const group = tensor.name.slice(0, tensor.name.lastIndexOf('/'));
    const ofGroup = groups.get(group) ?? [];
    ofGroup.push(tensor);
    groups.set(group, ofGroup);
  }
  const numberOf = ({ name }: StoredTensor) => Number(name.slice(name.lastIndexOf('/') + 1));
  return [...groups.values()].flatMap((group) =>
    group.sort((left, right) => numberOf(left) - numberOf(right)),
  );
}
