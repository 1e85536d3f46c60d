/** What a section works with. */
export interface SectionContext {
  /** Everything tiny, for a machine that computes in software. */
  readonly isSmall: boolean;
  /** Prints a line of JSON. */
  report(line: object): void;
  /** Seconds of the section's budget that are left. */
  secondsLeft(): number;
}

/** A part of the program that runs alone. */
export interface Section {
  readonly name: string;
  readonly budgetSeconds: number;
  run(context: SectionContext): Promise<void>;
}
