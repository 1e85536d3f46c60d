export type {
  ApplicationOptions,
  ClassifierActivation,
  InputShape,
  ResNetOptions,
  ShortcutOption,
} from './builder/options';
export {
  type KernelInitializerName,
  type StemName,
  type Variant,
  type VariantName,
  VARIANTS,
} from './builder/variants';
export { CIFAR_DEPTHS, cifarResnet } from './families/cifar-resnet';
export { createResnet, resnetNames } from './families/create-resnet';
export {
  PRE_ACTIVATION_CIFAR_DEPTHS,
  preActivationCifarResnet,
} from './families/pre-activation-cifar-resnet';
export * from './families/resnet';
export * from './families/resnet-v2';
