// What decodes small JPEG files as in Node: apart, so that a page fetches it with the first of them.
export { decodeSmallJpeg } from '../image/jpeg/decode-baseline-jpeg';
export { decoderKernels } from '../image/jpeg/decoder-kernels';
