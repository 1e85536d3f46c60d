export { availableDecoders, decodeImage, type NodeDecodeImageOptions } from './node/decode-image';
export { imageBatches, type NodeImageBatchesOptions } from './node/image-batches';
export { kerasImageBatches, type NodeKerasImageBatchesOptions } from './node/keras-image-batches';
export type { ImageDecoderName } from './node/image-decoders';
export { readImageFile } from './node/read-image-file';
export { readImageFolder, type ImageFolder, type ReadImageFolderOptions } from './node/read-image-folder';
