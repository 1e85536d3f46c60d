export * from './index';
export {
  removeTemporaryFiles,
  writeFileAtomically,
  type FileContent,
  type WriteFileOptions,
} from './node/write-file-atomically';
export { saveKerasH5, type SaveKerasH5Options } from './node/save-keras-h5';
export { loadLayersModel, type LoadLayersModelOptions } from './node/load-layers-model';
export { saveLayersModel, type SaveLayersModelOptions } from './node/save-layers-model';
export { saveKeras, type SaveKerasOptions } from './node/save-keras';
export { saveKerasWeights, type SaveKerasWeightsOptions } from './node/save-keras-weights';
export { saveOnnx } from './node/save-onnx';
export { saveSafetensors } from './node/save-safetensors';
