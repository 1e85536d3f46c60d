import {
  ArgumentError,
  type ModelMetadata,
  parseModelMetadata,
  type PixelNormalizationMode,
} from '@zoo/core';
import { inspectWeights, type InspectedTensor, type ReadOptions, type WeightFile } from '@zoo/weights';

import { type Architecture } from '../builder/architecture';
import { VARIANTS } from '../builder/variants';

import { traitsOfConfig } from './config-traits';
import type { FileNames } from './fill-from-file';
import { type FormMatch, matchForms } from './match-form';
import {
  type Ambiguity,
  type ComputingOption,
  type ComputingOptions,
  hasBottlenecks,
  recordedOptions,
  type SettledOptions,
  settleOptions,
} from './settle-options';
import { type Naming, namingOf, traitsOfLayerNames, traitsOfTorchNames } from './traits';

/** The network of the family that weights belong to: the result of `identifyNetwork`. */
export interface NetworkIdentity {
  /** What the weights came from, for messages: the file's or the model's name. */
  readonly source: string;
  /** A name for `createResnet`: 'resnet50'. */
  readonly architecture: string;
  /** Options for `createResnet` that build the same network; what is left out is the architecture's default. */
  readonly options: ComputingOptions;
  /** Options that the weights leave open, each with the value that `options` has; empty where all is certain. */
  readonly ambiguities: readonly Ambiguity[];
  /** Outputs of the classifier; undefined if there is none, or one other than a single dense layer. */
  readonly classes: number | undefined;
  /** True if a classifier of another make than a single dense layer follows the features. */
  readonly hasOtherHead: boolean;
  /** Channels of the input: 3 for RGB. */
  readonly channels: number;
  /**
   * The normalization that weights of such a variant are published with. A suggestion: what `metadata` says comes first. Undefined
   * where nothing can be said.
   */
  readonly normalization: PixelNormalizationMode | undefined;
  /** Whose names the layers have. */
  readonly naming: Naming;
  /** What stands beside the weights: all that this package wrote, or the class names of a PyTorch training script. */
  readonly metadata: ModelMetadata | undefined;
}

/** What is known of weights. */
export interface Evidence {
  readonly source: string;
  readonly tensors: readonly InspectedTensor[];
  readonly kernelOrder: 'tensorflow' | 'pytorch';
  readonly layerNames: readonly string[];
  /** The architecture as Keras or TensorFlow.js wrote it. */
  readonly config: unknown;
  readonly metadata: ModelMetadata | undefined;
}

/** The directory of a weight file as evidence; no weight is read. */
export async function evidenceOf(file: WeightFile, options: ReadOptions): Promise<Evidence> {
  const inspected = await inspectWeights(file, options);
  const { fileName: source, tensors, kernelOrder, layerNames, architecture: config } = inspected;
  const json = inspected.metadata['zoo'];
  const { classNames } = inspected;
  const recorded = json === undefined ? undefined : parseModelMetadata(json, source);
  const metadata = recorded ?? (classNames === undefined ? undefined : { classNames });
  return { source, tensors, kernelOrder, layerNames, config, metadata };
}

/** Which of `architectures` the weights are of, and with which options; undefined for none. */
export function identityAmong(
  architectures: (lastStageKernels: number) => readonly Architecture[],
  evidence: Evidence,
): NetworkIdentity | undefined {
  const { source, tensors, kernelOrder, metadata } = evidence;
  const [match] = matchForms(tensors, kernelOrder, architectures);
  if (match === undefined) return undefined;
  const names = tensors.map(({ name }) => name);
  const naming = namingOf(names);
  const settled = recordedOptions(match.architecture, metadata) ?? settle(match, naming, names, evidence);
  return {
    source,
    architecture: match.architecture.name,
    ...settled,
    classes: match.classes,
    hasOtherHead: match.hasOtherHead,
    channels: match.form.channels,
    normalization: match.form.channels === 3 ? normalizationOf(match, settled, naming) : undefined,
    naming,
    metadata,
  };
}

function settle(
  match: FormMatch,
  naming: Naming,
  names: readonly string[],
  { config, layerNames }: Evidence,
): SettledOptions {
  const traits =
    config !== undefined
      ? traitsOfConfig(config)
      : naming === 'torch'
        ? traitsOfTorchNames(names)
        : traitsOfLayerNames(layerNames, hasBottlenecks(match.architecture));
  return settleOptions(match, traits, naming);
}

/** What all variants in question are published with; undefined where they differ. */
function normalizationOf(
  { architecture, classes }: FormMatch,
  { options, ambiguities }: SettledOptions,
  naming: Naming,
): PixelNormalizationMode | undefined {
  // fchollet's weights for ImageNet and those of the course's exercise have the same names.
  if (naming === 'chollet') return classes === undefined ? undefined : classes === 1000 ? 'caffe' : 'scale';
  if (architecture.onlyVariant !== undefined) return architecture.onlyVariant.normalization;
  const open = ambiguities.find(({ option }) => option === 'variant')?.candidates;
  const variants = (open ?? [options.variant!]) as (keyof typeof VARIANTS)[];
  const modes = new Set(variants.map((name) => VARIANTS[name].normalization));
  return modes.size === 1 ? [...modes][0] : undefined;
}

/** Throws for the first option that the file leaves open and the caller too. */
export function expectSettled(
  { ambiguities, source }: NetworkIdentity,
  given: Readonly<Partial<Record<ComputingOption, unknown>>>,
): void {
  const open = ambiguities.find(({ option }) => given[option] === undefined);
  if (open === undefined) return;
  const { option, candidates, reason } = open;
  const quoted = candidates.map((candidate) => `'${candidate}'`).join(', ');
  throw new ArgumentError(
    `options.${option}`,
    `one of ${quoted}`,
    undefined,
    `${reason} ${source} does not say which: give the one that it was trained with.`,
  );
}

/** What {@link fillFromFile} needs to know of a file that has been identified. */
export function fileNames({ naming, classes, hasOtherHead }: NetworkIdentity): FileNames {
  return {
    naming,
    hasTop: classes !== undefined || hasOtherHead,
    // A classifier that is not a single dense layer has no place for these.
    leavesUnknown: hasOtherHead,
  };
}
