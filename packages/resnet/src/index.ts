export {
  type ActivationName,
  type Antialiasing,
  averaged,
  blurred,
  evoNormS0,
  filterResponse,
  groupNorm,
  type Normalization,
} from '@zoo/core';
export { features, freeze, pooledFeatures, replaceHead, type ReplaceHeadOptions } from './backbone';
export type {
  AnyResNetOptions,
  ApplicationOptions,
  ClassifierActivation,
  InputShape,
  PretrainedResNetOptions,
  ResNetOptions,
  WeightsOption,
} from './builder/options';
export {
  type KernelInitializerName,
  type ShortcutOption,
  type StemName,
  type Variant,
  type VariantName,
  VARIANTS,
} from './builder/variants';
export { createResnet, resnetNames } from './create-resnet';
export {
  type DecodedPrediction,
  decodePredictions,
  type DecodePredictionsOptions,
} from './decode-predictions';
export { gradCam, type GradCamOptions } from './grad-cam';
export { describeHubModel, type HubDescription } from './hub/describe-hub-model';
export { adaptNetwork } from './identify/adapt-network';
export type { AdaptNetworkOptions } from './identify/adapted-copy';
export { identifyModel } from './identify/identify-model';
export { identifyNetwork, type IdentifyNetworkOptions } from './identify/identify-network';
export type { NetworkIdentity } from './identify/identity';
export type { LoadNetworkOptions } from './identify/load-identified';
export { loadNetwork } from './identify/load-network';
export type { Ambiguity, ComputingOption, ComputingOptions } from './identify/settle-options';
export type { Naming } from './identify/traits';
export type { PretrainedEntry } from './pretrained/catalogue';
export type { LoadingOptions } from './pretrained/loading-options';
export { pretrained, type PretrainedOptions } from './pretrained/pretrained';
export {
  CIFAR_DEPTHS,
  cifarResnet,
  PRE_ACTIVATION_CIFAR_DEPTHS,
  preActivationCifarResnet,
  preActivationResnet18,
  preActivationResnet34,
  resnet10,
  resnet101,
  resnet101v2,
  resnet152,
  resnet152v2,
  resnet18,
  resnet34,
  resnet50,
  resnet50v2,
  type ResNetBuilder,
  type ResNetBuilderBy,
  resnext50,
  seResnet50,
  slimResnet18,
  wideResnet101,
  wideResnet50,
} from './networks';
export { preprocessInput } from './preprocess-input';
export { type ModelSummary, type StageSummary, summary } from './summary';
