import { ArgumentError, nearestName, type PixelNormalizationMode, type ResizeMethod } from '@zoo/core';

import type { VariantName } from '../builder/variants';

import {
  CHOLLET_ROW,
  CHOLLET_URL,
  HUGGING_FACE_ROWS,
  HUGGING_FACE_URL,
  KERAS_ROWS,
  KERAS_URL,
  type KerasRow,
  QUBVEL_ROWS,
  QUBVEL_URL,
  TIMM_ROWS,
  TIMM_URL,
  type TorchRow,
  TORCHVISION_ROWS,
  TORCHVISION_URL,
} from './published-files';

/** A published file of weights and everything that is needed to use it correctly. */
export interface PretrainedEntry {
  /** `architecture.tag`: `resnet50.keras_in1k`. */
  readonly name: string;
  /** A name for `createResnet`. */
  readonly architecture: string;
  readonly variant: VariantName;
  /** False for a file without a classifier. */
  readonly includeTop: boolean;
  readonly url: string;
  /** What the file is called in a cache. */
  readonly fileName: string;
  /** The file's hash, or its beginning where no more is known: torchvision and timm name files by eight digits of SHA-256. */
  readonly hash: { readonly algorithm: 'md5' | 'sha256'; readonly digest: string };
  /** How layers are called in the file, and so how it is read. */
  readonly layout: 'keras' | 'chollet' | 'qubvel' | 'torch';
  /** What pixels the weights read; `pretrained` writes it into the model's metadata. */
  readonly normalization: PixelNormalizationMode;
  readonly imageSize: number;
  /** The share of the resized picture's side that its publisher measured on; left out where pictures are stretched. */
  readonly cropFraction?: number;
  /** How pictures are resized. Default `antialias`. */
  readonly resize?: ResizeMethod;
  /** Size of the file, where it is known. */
  readonly sizeBytes?: number;
  /** Share of ImageNet's validation pictures named correctly at first and within five guesses, in percent, as published. */
  readonly accuracy?: { readonly top1: number; readonly top5: number };
  readonly licence: string;
}

function kerasPair(
  row: KerasRow,
  tag: string,
  describe: (includeTop: boolean) => Partial<PretrainedEntry>,
): PretrainedEntry[] {
  const [architecture, md5, top1, top5, sizes] = row;
  return [true, false].map((includeTop, index) => {
    const fileName = `${architecture}_weights_tf_dim_ordering_tf_kernels${includeTop ? '' : '_notop'}.h5`;
    return {
      name: `${architecture}.${tag}${includeTop ? '' : '_notop'}`,
      architecture,
      variant: 'keras',
      includeTop,
      url: KERAS_URL + fileName,
      fileName,
      hash: { algorithm: 'md5', digest: md5[index]! },
      layout: 'keras',
      normalization: architecture.endsWith('v2') ? 'tf' : 'caffe',
      imageSize: 224,
      ...sized(sizes?.[index]),
      ...(includeTop ? { accuracy: { top1, top5 } } : {}),
      licence: 'MIT',
      ...describe(includeTop),
    };
  });
}

/** All published weights that {@link pretrained} knows. */
export function pretrainedEntries(): readonly PretrainedEntry[] {
  const suffix = (includeTop: boolean): string => (includeTop ? '' : '_notop');
  return [
    ...KERAS_ROWS.flatMap((row) => kerasPair(row, 'keras_in1k', () => ({}))),
    ...kerasPair(CHOLLET_ROW, 'chollet_in1k', (includeTop) => ({
      url: `${CHOLLET_URL}resnet50_weights_tf_dim_ordering_tf_kernels${suffix(includeTop)}.h5`,
      // The course's variant is this file's: epsilon 1e-3 and a pool without padding.
      variant: 'deeplearningAi',
      layout: 'chollet',
    })),
    ...QUBVEL_ROWS.flatMap((row) =>
      kerasPair(row, 'qubvel_in1k', (includeTop) => {
        const fileName = `${row[0]}_imagenet_1000${includeTop ? '' : '_no_top'}.h5`;
        const architecture = `preactivation_${row[0]}`;
        const name = `${architecture}.qubvel_in1k${suffix(includeTop)}`;
        return {
          name,
          architecture,
          url: QUBVEL_URL + fileName,
          fileName,
          layout: 'qubvel',
          normalization: 'raw',
        };
      }),
    ),
    ...TORCHVISION_ROWS.map((row) => torchEntry(row, TORCHVISION_URL, 'BSD-3-Clause')),
    ...TIMM_ROWS.map((row) => torchEntry(row, TIMM_URL, 'Apache-2.0')),
    ...HUGGING_FACE_ROWS.map((row) => torchEntry(row, HUGGING_FACE_URL, 'Apache-2.0')),
  ];
}

/** The catalogue's entry of this name; `resnet50` alone is its first. Throws ArgumentError that suggests the nearest. */
export function pretrainedEntry(name: string): PretrainedEntry {
  const entries = pretrainedEntries();
  const found =
    entries.find((entry) => entry.name === name) ??
    entries.find((entry) => entry.name.split('.')[0] === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name);
  const nearest = nearestName(name, names);
  const advice =
    nearest === undefined ? 'Check its path; or see pretrainedEntries().' : `Did you mean '${nearest}'?`;
  throw new ArgumentError('weights', 'the name of published weights', name, advice);
}

function torchEntry(
  [name, architecture, file, digest, top1, top5, sizeBytes]: TorchRow,
  address: string,
  licence: string,
): PretrainedEntry {
  const isSafetensors = file.endsWith('.safetensors');
  const path = isSafetensors ? file : `${file}-${digest.slice(0, 8)}.pth`;
  return {
    name,
    architecture,
    variant: /^resnet\d+d\./.test(name) ? 'resnetD' : 'torchvision',
    includeTop: true,
    url: address + path,
    fileName: isSafetensors ? `${name}.safetensors` : path.split('/').pop()!,
    hash: { algorithm: 'sha256', digest },
    layout: 'torch',
    normalization: 'torch',
    imageSize: /^resnet1\d\dd\./.test(name) ? 256 : 224,
    cropFraction: torchCropFraction(name),
    ...(!/\.tv2?_in1k$/.test(name) && { resize: 'bicubic' }),
    ...sized(sizeBytes),
    accuracy: { top1, top5 },
    licence,
  };
}

/**
 * torchvision resizes to 256 pixels, for its second weights to 232, and crops 224; timm's `crop_pct` of its older weights of that size is the
 * former's, of others 0.95.
 */
function torchCropFraction(name: string): number {
  if (/\.tv_in1k$|^(?!resnet1\d\dd).*\.(ra2|racm)_in1k$/.test(name)) return 224 / 256;
  return name.endsWith('.tv2_in1k') ? 224 / 232 : 0.95;
}

const sized = (sizeBytes: number | undefined): { sizeBytes?: number } =>
  sizeBytes === undefined ? {} : { sizeBytes };
