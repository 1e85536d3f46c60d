/// <reference types="@webgpu/types" />

import type { Command } from './command-stream';

/** Is told of every dispatch, and of the submissions around them. */
export interface DispatchObserver {
  /** Returns where the card writes the times of the dispatch's pass, if it is to be timed. */
  observe(command: Command, boundBytes: number): GPUComputePassTimestampWrites | undefined;
  beforeSubmit(encoder: GPUCommandEncoder): void;
  afterSubmit(): void;
}
