export * from './index';
export { writeFileAtomically, type FileContent, type WriteFileOptions } from './node/write-file-atomically';
