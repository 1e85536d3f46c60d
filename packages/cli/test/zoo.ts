import { run } from '../src';

import { recordedIo } from './recorded-io';

/** Runs `zoo` with those arguments: its exit status and all that it wrote. */
export async function zoo(...argv: string[]): Promise<{ status: number; output: string; errors: string }> {
  const io = recordedIo();
  const status = await run(argv, io);
  return { status, output: io.output(), errors: io.errors() };
}
