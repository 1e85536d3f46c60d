import type { InspectedTensor } from '@zoo/weights';

import type { Architecture } from '../builder/architecture';

import { canonicalShape, countOf, difference, type ShapeCounts } from './shape-counts';
import { type NetworkForm, weightShapes } from './weight-shapes';

/** A network of the family whose weights have the shapes of a file's. */
export interface FormMatch {
  readonly architecture: Architecture;
  readonly form: NetworkForm;
  /** Outputs of its dense classifier; undefined if it has none, or one that is no single dense layer. */
  readonly classes: number | undefined;
  /** True if a classifier of another make follows the features. */
  readonly hasOtherHead: boolean;
}

const PROJECTIONS = ['changed', 'none', 'all'] as const;
const STEMS = ['large', 'small', 'deep'] as const;

/**
 * Which of `architectures` have exactly these weights, by their shapes alone: whatever the names, in whatever order.
 *
 * At most one fits a sound file; none fits a file of another family.
 *
 * @param architectures Those in question, given how many 3x3 kernels of 64 to 64 channels there are: they tell a CIFAR network's depth.
 */
export function matchForms(
  tensors: readonly InspectedTensor[],
  kernelOrder: 'tensorflow' | 'pytorch',
  architectures: (lastStageKernels: number) => readonly Architecture[],
): FormMatch[] {
  const shapes = tensors.map(({ shape }) => canonicalShape(shape, kernelOrder));
  const convolutions = shapes.filter((shape) => shape.length === 4);
  const dense = shapes.filter((shape) => shape.length === 2);
  const vectors = shapes.filter((shape) => shape.length === 1);
  const fileKernels = countOf(convolutions);
  const fileVectors = countOf(vectors);
  const matches: FormMatch[] = [];
  for (const architecture of architectures(fileKernels.get('3x3x64x64') ?? 0)) {
    if (!mayHave(architecture, convolutions.length)) continue;
    const features = architecture.filters.at(-1)! * architecture.expansion;
    const head = headOf(dense, features);
    for (const form of formsOf(architecture)) {
      const shapesOf = (exact: NetworkForm) => weightShapes(architecture, exact).map(({ shape }) => shape);
      const kernels = shapesOf(form).filter((shape) => shape.length === 4);
      const channels =
        kernels.length === convolutions.length ? inputChannels(fileKernels, kernels) : undefined;
      if (channels === undefined) continue;
      for (const convolutionBias of biasesOf(architecture)) {
        const exact = { ...form, channels, convolutionBias };
        const expected = countOf(shapesOf(exact).filter((shape) => shape.length === 1));
        const rest = difference(fileVectors, expected);
        if (rest !== undefined && isHeadsRest(rest, head)) {
          matches.push({ architecture, form: exact, ...head });
        }
      }
    }
  }
  // Gates are an option of any network, and part of some networks' names.
  const isOwn = ({ architecture, form }: FormMatch) =>
    architecture.squeezeReduction === form.squeezeReduction;
  return matches.some(isOwn) ? matches.filter(isOwn) : matches;
}

/** False if the blocks of `architecture` have other numbers of kernels in every form: a look that spares listing them. */
function mayHave({ blocks, expansion }: Architecture, kernelCount: number): boolean {
  const blockCount = blocks.reduce((sum, count) => sum + count, 0);
  const least = blockCount * (expansion === 1 ? 2 : 3) + 1;
  // A deep stem has two more; a block has at most a projection and a gate's two.
  return kernelCount >= least && kernelCount <= least + 2 + 3 * blockCount;
}

/** All forms that an architecture comes in; channels and biases are found out by the file. */
function formsOf(architecture: Architecture): NetworkForm[] {
  const { squeezeReduction, preActivation } = architecture;
  const gates =
    preActivation === undefined ? [...new Set([squeezeReduction, undefined, 16, 8, 4])] : [undefined];
  const common = { convolutionBias: false, channels: 0 };
  return STEMS.flatMap((stem) =>
    PROJECTIONS.flatMap((projections) =>
      gates.map((gate) => ({ ...common, stem, projections, squeezeReduction: gate })),
    ),
  );
}

function biasesOf({ onlyVariant }: Architecture): readonly boolean[] {
  return onlyVariant === undefined ? [true, false] : [onlyVariant.convolutionBias];
}

/** Channels of the input, if the file's kernels are the expected ones but for those of the first: of 0 channels in `expected`. */
function inputChannels(file: ShapeCounts, expected: readonly (readonly number[])[]): number | undefined {
  const rest = difference(file, countOf(expected.filter((shape) => shape[2] !== 0)));
  if (rest?.size !== 1) return undefined;
  const [[key, count]] = rest as unknown as [[string, number]];
  const [height, width, channels, filters] = key.split('x').map(Number);
  const first = expected.find((shape) => shape[2] === 0);
  const fits = count === 1 && first?.[0] === height && first?.[1] === width && first?.[3] === filters;
  return fits ? channels : undefined;
}

function headOf(
  dense: readonly (readonly number[])[],
  features: number,
): Pick<FormMatch, 'classes' | 'hasOtherHead'> {
  const [only, second] = dense;
  if (only === undefined) return { classes: undefined, hasOtherHead: false };
  const isPlain = second === undefined && only[0] === features;
  return isPlain ? { classes: only[1], hasOtherHead: false } : { classes: undefined, hasOtherHead: true };
}

/** True if the vectors that the features don't take are the classifier's bias, or anything where it is of another make. */
function isHeadsRest(
  rest: ShapeCounts,
  { classes, hasOtherHead }: Pick<FormMatch, 'classes' | 'hasOtherHead'>,
): boolean {
  if (hasOtherHead || rest.size === 0) return true;
  return classes !== undefined && rest.size === 1 && rest.get(`${classes}`) === 1;
}
