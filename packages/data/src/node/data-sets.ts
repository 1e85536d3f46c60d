import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { KnownSet } from './known-sets';
import { KNOWN_SET_OPTIONS, openKnownSet, type KnownSetOptions } from './open-known-set';

const RESIZED_SET_OPTIONS = {
  ...KNOWN_SET_OPTIONS,
  /** The shorter side of its pictures in pixels, or as they were. Default 'full'. */
  size: { type: 'choice', choices: ['160', '320', 'full'], default: 'full' },
} as const satisfies OptionTable;

/** Options of {@link imagenette} and {@link imagewoof}. */
export interface ResizedSetOptions extends OptionsOf<typeof RESIZED_SET_OPTIONS> {}

/** IdenProf: 11,000 people in ten professions, 224 x 224 (MIT, Olafenwa Moses). See `openKnownSet`. */
export function idenProf(options: KnownSetOptions = {}): Promise<KnownSet> {
  return openKnownSet('idenprof', options);
}

/**
 * Imagenette: 13,394 pictures of ten classes of ImageNet that are easily told apart; the test part is fastai's `val`. See `openKnownSet`.
 *
 * @example
 * const { train, test } = await imagenette({ size: '160' });
 */
export function imagenette({ size, ...options }: ResizedSetOptions = {}): Promise<KnownSet> {
  return openKnownSet(`imagenette${ending(size)}`, options);
}

/** Imagewoof: 12,954 pictures of ten breeds of dogs of ImageNet; the test part is fastai's `val`. See `openKnownSet`. */
export function imagewoof({ size, ...options }: ResizedSetOptions = {}): Promise<KnownSet> {
  return openKnownSet(`imagewoof${ending(size)}`, options);
}

/** CIFAR-10 in memory: 60,000 pictures of ten classes, 32 x 32. See `openKnownSet`. */
export function cifar10(options: KnownSetOptions = {}): Promise<KnownSet> {
  return openKnownSet('cifar10', options);
}

/** CIFAR-100 in memory: 60,000 pictures of 100 classes, 32 x 32. See `openKnownSet`. */
export function cifar100(options: KnownSetOptions = {}): Promise<KnownSet> {
  return openKnownSet('cifar100', options);
}

/**
 * SIGNS in memory: 1,200 hands that show zero to five fingers, 64 x 64, from the files of deeplearning.ai's course.
 *
 * @example
 * const { train, test } = await signs({ from: 'datasets' });
 */
export function signs(options: KnownSetOptions): Promise<KnownSet> {
  return openKnownSet('signs', options);
}

function ending(size: ResizedSetOptions['size']): '' | '-160' | '-320' {
  const { size: read } = readOptions({ size: RESIZED_SET_OPTIONS.size }, size === undefined ? {} : { size });
  return read === 'full' ? '' : `-${read}`;
}
