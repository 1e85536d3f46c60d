export { features, freeze, replaceHead, type ReplaceHeadOptions } from './backbone';
export type {
  AnyResNetOptions,
  ApplicationOptions,
  ClassifierActivation,
  InputShape,
  PretrainedResNetOptions,
  ResNetOptions,
  ShortcutOption,
  WeightsOption,
} from './builder/options';
export type { ResNetBuilder, ResNetBuilderBy } from './builder/resnet-builder';
export {
  type KernelInitializerName,
  type StemName,
  type Variant,
  type VariantName,
  VARIANTS,
} from './builder/variants';
export {
  type DecodedPrediction,
  decodePredictions,
  type DecodePredictionsOptions,
} from './decode-predictions';
export {
  CIFAR_DEPTHS,
  cifarResnet,
  PRE_ACTIVATION_CIFAR_DEPTHS,
  preActivationCifarResnet,
} from './families/cifar';
export { createResnet, resnetNames } from './families/create-resnet';
export * from './families/resnet';
export * from './families/resnet-v2';
export { gradCam, type GradCamOptions } from './grad-cam';
export { identifyModel, identifyNetwork, type IdentifyNetworkOptions } from './identify/identify-network';
export type { NetworkIdentity } from './identify/identity';
export { loadNetwork, type LoadNetworkOptions } from './identify/load-network';
export type { Ambiguity, ComputingOption, ComputingOptions } from './identify/settle-options';
export type { Naming } from './identify/traits';
export type { PretrainedEntry } from './pretrained/catalogue';
export type { DownloadOptions, DownloadProgress, LoadingOptions } from './pretrained/loading-options';
export { pretrained, type PretrainedOptions } from './pretrained/pretrained';
export { preprocessInput } from './preprocess-input';
export { type ModelSummary, type StageSummary, summary } from './summary';
