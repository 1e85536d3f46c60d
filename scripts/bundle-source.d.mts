/** The repository's folder. */
export const root: string;

/** Runs TypeScript with top-level exports, imports from the packages included, and returns what it exports. */
export function importSource(contents: string): Promise<unknown>;
