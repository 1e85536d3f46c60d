export type { CommandIo, OutputStream } from './command-io';
export { processIo } from './command-io';
export { EXIT_STATUS, run } from './run';
