/** A hash of assembly/: what the compiled kernels were made of. */
export function hashSources(): string;
