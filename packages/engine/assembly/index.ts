export { runJob, stopWorkers, workUntilStopped } from './job';
