import { ArgumentError } from '@zoo/core/options';

import type { Augmentation } from './augmentation';

/** `changes` if it is a list of augmentations; throws {@link ArgumentError} otherwise. */
export function expectAugmentations(argument: string, changes: unknown): readonly never[] {
  // A caller without types may hand over a single augmentation.
  if (!Array.isArray(changes)) throw new ArgumentError(argument, 'a list of augmentations', changes);
  changes.forEach((change: unknown, index) => {
    if (typeof (change as Partial<Augmentation> | null)?.apply === 'function' && typeof change === 'object')
      return;
    throw new ArgumentError(
      `${argument}[${index}]`,
      'an augmentation with a name and apply',
      change,
      typeof change === 'function' ? 'Call it: randomHorizontalFlip().' : '',
    );
  });
  return changes as never[];
}
