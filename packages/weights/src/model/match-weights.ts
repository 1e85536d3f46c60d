import type { StoredLayer, StoredTensor } from '../stored-tensor';

import type { Pairing } from './align-layers';
import type { Assignment } from './assign-weights';
import type { ModelLayer, ModelWeight } from './model-layers';
import type { MismatchedWeight, WeightsReport } from './weights-report';

/** Which tensor fits which weight, and what fits nowhere. */
export interface Match {
  readonly assignments: readonly Assignment[];
  readonly report: WeightsReport;
}

/** What a file's layer needs to be turned into what this model's layer holds: kernels of Keras 1 or Theano, for example. */
export type ConvertLayer = (stored: StoredLayer, layer: ModelLayer) => readonly StoredTensor[];

/** Gathers a match layer by layer. */
class MatchBuilder {
  private readonly assignments: Assignment[] = [];
  private readonly missing: string[] = [];
  private readonly unexpected: string[] = [];
  private readonly mismatched: MismatchedWeight[] = [];

  addMissing(layer: ModelLayer): void {
    for (const { name } of layer.weights) this.missing.push(name);
  }

  addUnexpected(stored: StoredLayer): void {
    for (const tensor of stored.tensors) this.unexpected.push(qualifiedName(stored, tensor));
  }

  addPair(layer: ModelLayer, stored: StoredLayer, tensors: readonly StoredTensor[]): void {
    const pairs = pairTensors(layer, tensors);
    const used = new Set<StoredTensor>();
    for (const [weight, tensor] of pairs) {
      if (tensor === undefined) {
        this.missing.push(weight.name);
        continue;
      }
      used.add(tensor);
      const modelShape = weight.variable.shape as number[];
      const fits =
        modelShape.length === tensor.shape.length && modelShape.every((size, i) => size === tensor.shape[i]);
      if (fits) this.assignments.push({ weight, tensor });
      else this.mismatched.push({ name: weight.name, modelShape, fileShape: tensor.shape });
    }
    for (const tensor of tensors) {
      if (!used.has(tensor)) this.unexpected.push(qualifiedName(stored, tensor));
    }
  }

  finish(): Match {
    const { assignments, missing, unexpected, mismatched } = this;
    return {
      assignments,
      report: { loaded: assignments.map(({ weight }) => weight.name), missing, unexpected, mismatched },
    };
  }
}

/** Fits layers of one name to each other. */
export function matchByName(
  layers: readonly ModelLayer[],
  stored: readonly StoredLayer[],
  convert: ConvertLayer,
): Match {
  const builder = new MatchBuilder();
  const byName = new Map(stored.map((layer) => [layer.name, layer]));
  for (const layer of layers) {
    if (layer.weights.length === 0) continue;
    const found = byName.get(layer.name);
    if (found === undefined) builder.addMissing(layer);
    else builder.addPair(layer, found, convert(found, layer));
  }
  const known = new Set(layers.map(({ name }) => name));
  for (const layer of stored) if (!known.has(layer.name)) builder.addUnexpected(layer);
  return builder.finish();
}

/** Fits the layers that have been paired. */
export function matchPairs({ pairs, missing, unexpected }: Pairing, convert: ConvertLayer): Match {
  const builder = new MatchBuilder();
  for (const { layer, stored } of pairs) builder.addPair(layer, stored, convert(stored, layer));
  missing.forEach((layer) => builder.addMissing(layer));
  unexpected.forEach((stored) => builder.addUnexpected(stored));
  return builder.finish();
}

/** True if each weight of `layer` has its tensor, of the same shape, and none is left. */
export function fitsLayer(layer: ModelLayer, tensors: readonly StoredTensor[]): boolean {
  if (layer.weights.length !== tensors.length) return false;
  return pairTensors(layer, tensors).every(
    ([{ variable }, tensor]) => tensor !== undefined && String(variable.shape) === String(tensor.shape),
  );
}

/**
 * Pairs the weights of one layer: by name where both sides have the same names, else by order, as Keras does. Names decide
 * because weights of one shape (gamma, beta and both averages) change their order when a layer is frozen in some versions.
 */
function pairTensors(layer: ModelLayer, tensors: readonly StoredTensor[]): TensorPair[] {
  return pairByNames(layer, tensors) ?? layer.weights.map((weight, i) => [weight, tensors[i]]);
}

type TensorPair = readonly [ModelWeight, StoredTensor | undefined];

/** Each weight with the tensor of its name; undefined if the names are not the same. */
export function pairByNames(layer: ModelLayer, tensors: readonly StoredTensor[]): TensorPair[] | undefined {
  // One part of the name distinguishes a layer's weights, two parts those of a nested model.
  for (const parts of [1, 2]) {
    const names = layer.weights.map(({ name }) => lastParts(name, parts));
    const byName = new Map(
      tensors.map((tensor) => [roleAmong(names, lastParts(tensor.name, parts)), tensor]),
    );
    const isUnambiguous = byName.size === tensors.length && new Set(names).size === names.length;
    const sameNames = names.length === byName.size && names.every((name) => byName.has(name));
    const knownRoles = parts === 1 && [...byName.keys()].every((name) => ROLES.includes(name));
    if (isUnambiguous && (sameNames || knownRoles)) {
      return layer.weights.map((weight, i) => [weight, byName.get(names[i]!)]);
    }
  }
  return undefined;
}

/** `name`, or what the layer calls it: Keras 3's depthwise layers call their kernel as others do. */
function roleAmong(names: readonly string[], name: string): string {
  const isDepthwise = names.includes('depthwise_kernel') && !names.includes('pointwise_kernel');
  return isDepthwise && name === 'kernel' ? 'depthwise_kernel' : name;
}

/** What Keras calls the weights of its own layers. */
const ROLES = [
  'kernel',
  'bias',
  'gamma',
  'beta',
  'moving_mean',
  'moving_variance',
  'depthwise_kernel',
  'pointwise_kernel',
  'recurrent_kernel',
  'embeddings',
  'alpha',
];

/** The last `count` parts of a weight's name, without the number of its output: `block/conv1/kernel:0` is `kernel` or `conv1/kernel`. */
function lastParts(name: string, count: number): string {
  return name.replace(/:\d+$/, '').split('/').slice(-count).join('/');
}

function qualifiedName(layer: StoredLayer, tensor: StoredTensor): string {
  return tensor.name.startsWith(`${layer.name}/`) ? tensor.name : `${layer.name}/${tensor.name}`;
}
