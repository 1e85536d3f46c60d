export * from './index';
export {
  removeTemporaryFiles,
  writeFileAtomically,
  type FileContent,
  type WriteFileOptions,
} from './node/write-file-atomically';
export { downloadVerified, hasHash, type VerifiedDownloadOptions } from './node/download';
export { namingPath } from './node/file-error';
export { lockHolder, tryLockFile, waitForLockFile, type FileLock } from './node/lock-file';
export { loadLayersModel, type LoadLayersModelOptions } from './node/load-layers-model';
export {
  expectSavablePath,
  saveKeras,
  saveKerasH5,
  type SaveKerasH5Options,
  type SaveKerasOptions,
  saveKerasWeights,
  type SaveKerasWeightsOptions,
  saveModelFile,
  saveOnnx,
  type SaveOnnxOptions,
  type SaveOptions,
  saveSafetensors,
  type SaveSafetensorsOptions,
} from './node/save-files';
export { openRegularFile, readRegularFile } from './node/regular-file';
export { saveLayersModel, type SaveLayersModelOptions } from './node/save-layers-model';
export { openZipEntry, readZip, type ZipEntry } from './source/zip';
export { readChecked, type CheckedSource } from './source/checked-source';
