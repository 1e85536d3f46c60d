/** Option tables, for programs that read options of their own (a command line, a form); nothing here loads TensorFlow.js. */
export { PROGRESS_STYLE } from './callbacks/progress-style';
export { EXCHANGE_TYPE } from './distributed/distributed-options';
export { FIT_OPTIONS } from './fit-options';
