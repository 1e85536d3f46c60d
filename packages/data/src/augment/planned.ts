import type { Augmentation } from './augmentation';
import { applySteps } from './image-step';

/** An augmentation that draws what it does beforehand: see Augmentation.plan. */
export function planned(
  name: string,
  settings: NonNullable<Augmentation['settings']>,
  plan: NonNullable<Augmentation['plan']>,
): Augmentation {
  return {
    name,
    settings,
    plan,
    apply: (image, random, target) => applySteps(image, plan(image, random, target)),
  };
}
