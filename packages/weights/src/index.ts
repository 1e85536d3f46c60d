export { encodeModelFile } from './encode-model-file';
export { readHdf5Arrays } from './hdf5/read-arrays';
export { blobSource } from './source/blob-source';
export { cachedSource, memorySource, type ByteSource } from './source/byte-source';
export { openSource, type WeightFile } from './source/open-source';
export { urlSource, type UrlSourceOptions } from './source/url-source';
export {
  readSafetensors,
  readSafetensorsTable,
  type SafetensorsFile,
  type SafetensorsTable,
  type TensorEntry,
} from './safetensors/read-safetensors';
export {
  encodeSafetensors,
  type SafetensorsOptions,
  type WritableTensor,
  writeSafetensors,
} from './safetensors/write-safetensors';
export type { HostTensor, StoredType, TensorValues } from './tensor-data';
export { modelFromKerasJson, type ModelFromKerasJsonOptions } from './keras/model-from-json';
export { loadKerasModel, type LoadKerasModelOptions } from './keras/load-keras-model';
export { loadKerasOptimizer, type LoadKerasOptimizerOptions } from './keras/load-keras-optimizer';
export type { KerasOptimizer, KerasOptimizerSettings, KerasOptimizerSetup } from './keras/keras-optimizer';
export type { InspectedTensor, WeightsInspection } from './formats/weight-format';
export { kerasResnetLayerName } from './keras/layer-aliases';
export type { RenameLayer } from './keras/name-stored-layers';
export { registerKerasLayers } from './layers/keras-layers';
export {
  inspectWeights,
  type InspectWeightsOptions,
  loadKerasWeights,
  loadSafetensors,
  loadTorchWeights,
  loadWeightsFile,
} from './load-weights';
export type {
  LoadKerasWeightsOptions,
  LoadOptions,
  LoadProgress,
  LoadWeightsOptions,
  ReadOptions,
} from './loading-options';
export { modelFromParts, modelParts, type ModelParts, type PartOfModel } from './layers-model/model-parts';
export { modelWeights, type ModelWeight } from './model/model-layers';
export type { MismatchedWeight, WeightsReport } from './model/weights-report';
export { torchResnetName } from './torch/torch-names';
export { torchTensors } from './torch/torch-tensors';
export { exportOnnx, type OnnxOptions } from './onnx/export-onnx';
export {
  PRUNE_CHANNELS_OPTIONS,
  pruneChannels,
  type PruneChannelsOptions,
  type PrunedConvolution,
} from './prune/prune-channels';
export { CALIBRATION_METHOD, type CalibrationMethod } from './quantize/activation-range';
export type { CalibrationBatches } from './quantize/observe-activations';
