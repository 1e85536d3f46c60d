import type { startTensorFlow as startInNode } from './start-tensorflow';

/** What pages have in the place of `start-tensorflow.ts`: a bundle for them holds nothing of TensorFlow's C library. */
export const startTensorFlow: typeof startInNode = () =>
  Promise.resolve({ absentBecause: 'needs Node.js', remedy: 'It is for programs in Node.js.' });
