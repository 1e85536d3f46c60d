import { trainOneStep } from './train-one-step.mjs';

globalThis.outcome = trainOneStep();
