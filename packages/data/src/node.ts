export type { AugmentationSheetOptions } from './augment/sheet-options';
export { formatInspection } from './inspect/format-inspection';
export type { InspectOptions, InspectProgress } from './inspect/inspect-options';
export type {
  DuplicateGroup,
  InspectedPicture,
  InspectedSizes,
  InspectedSplit,
  Inspection,
  Spread,
  UnreadablePicture,
} from './inspect/inspection';
export { augmentationSheet, type SheetRow } from './node/augmentation-sheet';
export { decodeImage, type NodeDecodeImageOptions } from './node/decode-image';
export { encodePng } from './node/encode-png';
export { findImageSplits, type ImageSplits } from './node/find-image-splits';
export { fitImageDataGenerator, type FitImageDataGeneratorOptions } from './node/fit-image-data-generator';
export { imageBatches, type NodeImageBatchesOptions } from './node/image-batches';
export {
  imageDatasetFromDirectory,
  type ImageDatasetFromDirectoryOptions,
} from './node/image-dataset-from-directory';
export { inspect } from './node/inspect';
export { inspectionPage, type InspectionPageOptions } from './node/inspection-page';
export { thumbnailUrl } from './node/jpeg-data-url';
export { flowFromDirectory, type FlowFromDirectoryOptions } from './node/flow-from-directory';
export { kerasImageBatches, type NodeKerasImageBatchesOptions } from './node/keras-image-batches';
export {
  cifar10,
  cifar100,
  idenProf,
  imagenette,
  imagewoof,
  signs,
  type ResizedSetOptions,
} from './node/data-sets';
export {
  KNOWN_SETS,
  type KnownPart,
  type KnownSet,
  type KnownSetName,
  type KnownSetRow,
} from './node/known-sets';
export {
  knownSetNames,
  openKnownSet,
  type KnownSetOptions,
  type KnownSetProgress,
} from './node/open-known-set';
export { readCifar10, type Cifar10 } from './node/read-cifar10';
export { readIdenProf, type IdenProf } from './node/read-idenprof';
export { readCifar100, type Cifar100 } from './node/read-cifar100';
export { readFlatFolder, type ReadFlatFolderOptions } from './node/read-flat-folder';
export { readImagenetValidation, type ReadImagenetValidationOptions } from './node/read-imagenet-validation';
export { readSigns, type Signs } from './node/read-signs';
export { readImageFile } from './node/read-image-file';
export {
  describeIgnored,
  readImageFolder,
  type IgnoredFile,
  type IgnoredReason,
  type ImageFolder,
  type ReadImageFolderOptions,
} from './node/read-image-folder';
export { isImageTable, readImageTable, type ReadImageTableOptions } from './node/read-image-table';
