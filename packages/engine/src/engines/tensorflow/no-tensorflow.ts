import type { EngineAbsence, EngineRequest, StartedEngine } from '../engine-candidate';

/** What pages have in the place of `start-tensorflow.ts`: a bundle for them holds nothing of TensorFlow's C library. */
export function startTensorFlow(
  _name: 'tensorflow' | 'tensorflow-gpu',
  _request: EngineRequest,
): Promise<StartedEngine | EngineAbsence> {
  return Promise.resolve({ absentBecause: 'needs Node.js', remedy: 'It is for programs in Node.js.' });
}
