export { decodeImage, type BrowserDecodeImageOptions, type PictureSource } from './browser/decode-image';
export { imageFileSet, type FileExample } from './browser/image-file-set';
