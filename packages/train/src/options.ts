/** Option tables, for programs that read options of their own (a command line, a form); nothing here loads TensorFlow.js. */
export { PROGRESS_STYLE } from './callbacks/progress-style';
export { EXCHANGE_TYPE } from './distributed/distributed-options';
export { FIT_OPTIONS } from './fit-options';
export { VIEW_OPTIONS } from './metrics/view-options';
export * from './optimizers/rule-options';
export { DECAY_OPTIONS, POLYNOMIAL_DECAY_OPTIONS } from './schedules/decays';
export { ONE_CYCLE_OPTIONS } from './schedules/one-cycle';
export { MULTI_STEP_DECAY_OPTIONS, STEP_DECAY_OPTIONS } from './schedules/step-decay';
export { WITH_RESTARTS_OPTIONS } from './schedules/with-restarts';
