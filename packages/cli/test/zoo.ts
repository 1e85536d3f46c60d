import { run } from '../src';

import { recordedIo } from './recorded-io';

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `zoo` with those arguments: its exit status and all that it wrote. */
export function zoo(...argv: string[]): Promise<Outcome> {
  return zooReading(undefined, ...argv);
}

/** {@link zoo} with those bytes on standard input. */
export async function zooReading(input: Uint8Array | undefined, ...argv: string[]): Promise<Outcome> {
  const io = recordedIo(input && { input });
  const status = await run(argv, io);
  return { status, output: io.output(), errors: io.errors() };
}
