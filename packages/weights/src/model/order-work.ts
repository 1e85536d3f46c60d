import { ZooError } from '@zoo/core';

/** Some seconds' work at most; ResNet-1202 takes 5.5 million steps. */
const MAXIMUM_STEPS = 8_000_000;

/** Counts the layers that are looked at while the order of a file's layers is found out: a stranger's network may have orders without end. */
export class OrderWork {
  private steps = 0;

  constructor(private readonly fileName: string) {}

  /** Counts further steps; throws ZooError 'unsupported' where they are too many. */
  spend(steps: number): void {
    this.steps += steps;
    if (this.steps <= MAXIMUM_STEPS) return;
    throw new ZooError(
      'unsupported',
      `Expected layers whose order in ${this.fileName} can be found out but the network has too many orders. ` +
        'Pass `rename` to load by name.',
    );
  }
}
