import { invalidFile } from '../source/byte-source';

/** Counts the weights that an architecture makes against those that its file holds, or that its caller allows. */
export class WeightBudget {
  private used = 0;

  constructor(
    private readonly fileName: string,
    private readonly elements: number,
    /** What is wrong with more, and what to do. */
    private readonly refusal: readonly [problem: string, nextStep?: string] = [
      'describes a model with more weights than it holds',
    ],
  ) {}

  spend(elements: number): void {
    this.used += elements;
    // NaN and infinities are rejected like too many.
    if (this.used <= this.elements) return;
    throw invalidFile(this.fileName, ...this.refusal);
  }
}
