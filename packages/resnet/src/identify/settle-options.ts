import type { ModelMetadata } from '@zoo/core';

import { type Architecture } from '../builder/architecture';
import { type ResNetOptions, STRUCTURAL_OPTION_NAMES } from '../builder/options';
import {
  SHORTCUT_OPTIONS,
  type ShortcutOption,
  type StemName,
  type Variant,
  type VariantName,
  VARIANTS,
} from '../builder/variants';

import type { FormMatch } from './match-form';
import type { Naming, Traits } from './traits';
import type { NetworkForm } from './weight-shapes';

/** Options of a builder that decide what a network computes with given weights. */
export type ComputingOption = (typeof STRUCTURAL_OPTION_NAMES)[number];

/** The values of {@link ComputingOption} that rebuild a network; what is left out is the architecture's default. */
export type ComputingOptions = Pick<ResNetOptions, ComputingOption>;

/** An option that a file leaves open: several values fit its weights and give other outputs. */
export interface Ambiguity {
  readonly option: ComputingOption;
  /** What `options` of the identity has: the likeliest. */
  readonly assumed: string;
  /** All values that fit, the assumed one first. */
  readonly candidates: readonly string[];
  /** Why the file does not tell, as a sentence. */
  readonly reason: string;
}

/** Options, and which of them are guesses. */
export interface SettledOptions {
  readonly options: ComputingOptions;
  readonly ambiguities: readonly Ambiguity[];
}

const STEMS_OF: Readonly<Record<NetworkForm['stem'], readonly StemName[]>> = {
  large: ['imagenet', 'imagenetSame', 'imagenetUnpaddedPool'],
  deep: ['deep'],
  small: ['small', 'half'],
};

/** Variants that names stand for, likeliest first: where the names are a publisher's own, no other variant is meant. */
const VARIANTS_OF: Readonly<Record<Naming, readonly VariantName[]>> = {
  torch: ['torchvision', 'resnetD'],
  transformers: ['torchvision'],
  keras: ['keras', 'torchvision'],
  chollet: ['deeplearningAi'],
  qubvel: [],
  numbered: ['idenprof', 'deeplearningAi', 'keras', 'torchvision'],
  other: ['torchvision', 'keras'],
};

const PUBLISHERS: readonly Naming[] = ['torch', 'transformers', 'chollet', 'keras'];

/** Settles what shapes leave open by what the file says, by whose names it uses, and else by the likeliest value, as an ambiguity. */
export function settleOptions(match: FormMatch, traits: Traits, naming: Naming): SettledOptions {
  const { architecture, form } = match;
  const ambiguities: Ambiguity[] = [];
  const variantName = settleVariant(match, traits, naming, ambiguities);
  const variant = architecture.onlyVariant ?? VARIANTS[variantName];
  const stem = settleStem(architecture, variant, form, traits, ambiguities);
  const shortcut = settleShortcut(architecture, form, traits, naming, ambiguities);
  const strideIn = traits.strideIn ?? variant.strideIn;
  const options: ComputingOptions = {
    ...(architecture.onlyVariant === undefined && { variant: variantName }),
    ...(stem !== (architecture.stem ?? variant.stem) && { stem }),
    ...(hasBottlenecks(architecture) && strideIn !== variant.strideIn && { strideIn }),
    ...(shortcut !== (architecture.shortcut ?? 'B') && { shortcut }),
    ...(form.squeezeReduction !== undefined &&
      form.squeezeReduction !== architecture.squeezeReduction && { squeezeReduction: form.squeezeReduction }),
    ...(traits.outputStride !== undefined && { outputStride: traits.outputStride }),
  };
  return { options, ambiguities };
}

/** The options that this package wrote beside the weights of a network that it built; undefined where it did not. */
export function recordedOptions(
  architecture: Architecture,
  metadata: ModelMetadata | undefined,
): SettledOptions | undefined {
  const recorded = metadata?.architectureOptions;
  if (recorded === undefined || metadata?.architecture !== architecture.name) return undefined;
  const { variant = 'keras' } = architecture;
  const names = STRUCTURAL_OPTION_NAMES.filter((name) => name in recorded);
  const options: ComputingOptions = {
    ...(architecture.onlyVariant === undefined && { variant }),
    ...Object.fromEntries(names.filter((name) => !isPiece(name)).map((name) => [name, recorded[name]])),
  };
  // Only the pieces' names are known here: importing the pieces would load them into every page.
  const ambiguities = names.filter(isPiece).map((option): Ambiguity => {
    const assumed = String(recorded[option]);
    const reason = `The network was built with \`${option}: ${assumed}\` of '@zoo/resnet'.`;
    return { option, assumed, candidates: [assumed], reason };
  });
  return { options, ambiguities };
}

const isPiece = (name: ComputingOption): boolean => name === 'normalization' || name === 'antialias';

/** True where it matters which convolution of a block strides. */
export function hasBottlenecks({ expansion, onlyVariant }: Architecture): boolean {
  return expansion > 1 && onlyVariant === undefined;
}

function settleVariant(
  { architecture, form }: FormMatch,
  traits: Traits,
  naming: Naming,
  ambiguities: Ambiguity[],
): VariantName {
  const fitting = (Object.keys(VARIANTS) as VariantName[]).filter((name) =>
    fits(VARIANTS[name], form, traits),
  );
  const all = fitting.filter((name) => !isOneOfOtherStem(name, fitting, form));
  const likely = VARIANTS_OF[naming].filter((name) => all.includes(name));
  const candidates = [...likely, ...all.filter((name) => !likely.includes(name))];
  const assumed = candidates[0] ?? 'keras';
  if (architecture.onlyVariant !== undefined || candidates.length <= 1) return assumed;
  const isPublishers = PUBLISHERS.includes(naming) && likely.length === 1 && !isOurs(naming, assumed);
  if (!isPublishers) {
    const reason = 'Variants with equal weights pad, stride and normalise otherwise.';
    ambiguities.push({ option: 'variant', assumed, candidates, reason });
  }
  return assumed;
}

/** True if another of `names` is the same but for its stem, and the likelier one: the stem is the file's, or it stands first. */
function isOneOfOtherStem(name: VariantName, names: readonly VariantName[], form: NetworkForm): boolean {
  const isOwn = (each: VariantName): boolean => STEMS_OF[form.stem].includes(VARIANTS[each].stem);
  const rank = (each: VariantName): number => names.indexOf(each) - (isOwn(each) ? names.length : 0);
  return names.some((other) => rank(other) < rank(name) && computing(other) === computing(name));
}

/** What a variant computes with given weights behind its stem. */
function computing(name: VariantName): string {
  const { convolutionBias, epsilon, strideIn, padding, averageProjection }: Variant = VARIANTS[name];
  return JSON.stringify([convolutionBias, epsilon, strideIn, padding, averageProjection]);
}

/** Keras' names without Keras' biases are this package's, whichever variant it built. */
function isOurs(naming: Naming, variant: VariantName): boolean {
  return naming === 'keras' && variant !== 'keras';
}

function fits(variant: Variant, form: NetworkForm, traits: Traits): boolean {
  const { epsilon, padding, averageProjection, stem } = traits;
  const isStemsOwn = (name: StemName): boolean => stem === undefined || stem === name;
  return (
    variant.convolutionBias === form.convolutionBias &&
    (epsilon === undefined || Math.abs(variant.epsilon - epsilon) < 1e-2 * epsilon) &&
    (padding === undefined || variant.padding === padding) &&
    (form.projections === 'none'
      ? !variant.averageProjection
      : averageProjection === undefined || variant.averageProjection === averageProjection) &&
    // Several stems have the same weights: each variant chooses its own.
    (form.stem !== 'large' || !STEMS_OF.large.includes(variant.stem) || isStemsOwn(variant.stem))
  );
}

function settleStem(
  architecture: Architecture,
  variant: Variant,
  form: NetworkForm,
  { stem }: Traits,
  ambiguities: Ambiguity[],
): StemName {
  const candidates = STEMS_OF[form.stem];
  const own = architecture.stem ?? variant.stem;
  const known = [stem, own].find((name) => name !== undefined && candidates.includes(name));
  if (known !== undefined) return known;
  const assumed = candidates[0]!;
  if (candidates.length > 1) {
    const reason = 'A stem of one 3x3 convolution strides or does not, with equal weights.';
    ambiguities.push({ option: 'stem', assumed, candidates, reason });
  }
  return assumed;
}

function settleShortcut(
  architecture: Architecture,
  form: NetworkForm,
  { shortcut }: Traits,
  naming: Naming,
  ambiguities: Ambiguity[],
): ShortcutOption {
  if (form.projections !== 'none') return form.projections === 'all' ? 'C' : 'B';
  const own = architecture.shortcut === 'A' ? 'A' : 'subsample-pad-end';
  if (shortcut !== undefined) return shortcut === 'subsample-pad-end' ? own : shortcut;
  const assumed = naming === 'torch' ? 'subsample-pad-both' : own;
  const withoutWeights = SHORTCUT_OPTIONS.filter(
    (option) => !['A', 'B', 'C', 'subsample-pad-end'].includes(option),
  );
  const candidates = [...new Set([assumed, own, ...withoutWeights])];
  const reason =
    'Its shortcuts have no weights (option A): which form of them it was trained with is not in the file.';
  ambiguities.push({ option: 'shortcut', assumed, candidates, reason });
  return assumed;
}
