import { answerCalls } from '../worker-calls';

import { Compute } from './compute';

answerCalls(new Compute());
