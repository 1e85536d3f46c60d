// What reads pictures of rare formats, and turns those that are not stored upright: apart, so that a page fetches it with the first of them.
export { decodeBmp } from '../image/decode-bmp';
export { decodePnm } from '../image/decode-pnm';
export { readImageHeader } from '../image/image-header';
export { orientImage } from '../image/orient-image';
export { withoutExif } from './without-exif';
