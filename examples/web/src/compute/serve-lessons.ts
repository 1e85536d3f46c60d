import { serveTraining } from '@zoo/train/worker';

import type { EngineChoice } from './compute-types';
import { startEngine } from './start-engine';

/** Trains what the page's worker sends, on the engine that the visitor chose. */
export function serveLessons(): void {
  serveTraining(async (choice) => {
    await startEngine(choice as EngineChoice, 'train');
  });
}
