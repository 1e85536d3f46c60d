import type { ResNetOptions } from '../src';
import { timmArchitectures } from '../src/timm-architectures';

/** How timm's network of ten classes is built, without weights. */
export function timmOptions(name: string): ResNetOptions {
  return {
    // The older rows come in several variants.
    ...(!Object.hasOwn(timmArchitectures(), name) && { variant: 'torchvision' }),
    classes: 10,
    classifierActivation: null,
    kernelInitializer: 'zeros',
  };
}
