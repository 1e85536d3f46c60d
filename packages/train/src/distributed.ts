export type { Communicator, ExchangedValues, Reduction } from './node/distributed/communicator';
export { readLaunch, type Launch } from './node/distributed/launch';
export { oneProcess } from './node/distributed/one-process';
export { openCommunicator, type CommunicatorOptions } from './node/distributed/open-communicator';
