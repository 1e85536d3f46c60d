import { answerCalls } from '../worker-calls';

import { Compute } from './compute';
import { TRAINING_WORKER } from './training-worker';

// One script for the page's worker and for the worker that lessons are given in, so that a visit fetches TensorFlow.js once.
if (self.name === TRAINING_WORKER) void import('./serve-lessons').then(({ serveLessons }) => serveLessons());
else answerCalls(new Compute());
