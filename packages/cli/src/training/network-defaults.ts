import { CIFAR_DEPTHS, PRE_ACTIVATION_CIFAR_DEPTHS, type StemName, type VariantName } from '@zoo/resnet';

import type { ImageSizeOption } from '../option-values';

/** Pictures up to this size lose too much in a stem that leaves a quarter of it. */
const HALF_STEM_PIXELS = 128;

/** Networks that come in every variant. */
const OF_EVERY_VARIANT = /^resnet(10|18|34|50|101|152)$/;

const FOR_SMALL_PICTURES = [...CIFAR_DEPTHS, ...PRE_ACTIVATION_CIFAR_DEPTHS].map((depth) => `resnet${depth}`);

/**
 * Variant and stem of a network that is trained from scratch on pictures of this size; null for the network's own.
 *
 * torchvision's variant averages its batch norms over tens of steps, where Keras' needs hundreds before it is of use.
 */
export function networkDefaults(
  name: string,
  { imageSize }: { imageSize: ImageSizeOption },
): { variant: VariantName | null; stem: StemName | null } {
  const isForSmallPictures = FOR_SMALL_PICTURES.some((ending) => name.endsWith(ending));
  return {
    variant: OF_EVERY_VARIANT.test(name) ? 'torchvision' : null,
    stem: isForSmallPictures || Math.max(...imageSize) > HALF_STEM_PIXELS ? null : 'half',
  };
}
