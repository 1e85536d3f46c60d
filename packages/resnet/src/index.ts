export { features, freeze, replaceHead, type ReplaceHeadOptions } from './backbone';
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
export { type PretrainedEntry, pretrainedEntries } from './catalogue';
export {
  type ClassIndex,
  type ClassIndexEntry,
  type DecodedPrediction,
  decodePredictions,
  type DecodePredictionsOptions,
} from './decode-predictions';
export { CIFAR_DEPTHS, cifarResnet } from './families/cifar-resnet';
export { createResnet, resnetNames } from './families/create-resnet';
export {
  PRE_ACTIVATION_CIFAR_DEPTHS,
  preActivationCifarResnet,
} from './families/pre-activation-cifar-resnet';
export * from './families/resnet';
export * from './families/resnet-v2';
export { gradCam, type GradCamOptions } from './grad-cam';
export { preprocessInput } from './preprocess-input';
export { type ModelSummary, type StageSummary, summary } from './summary';
