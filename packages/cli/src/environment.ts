import type { SelectedEngine } from '@zoo/engine';

import { packageVersion } from './package-version';

/** What a report says of the zoo and its engine, beside what it says of the machine. */
export function environmentOf({ name, reason }: SelectedEngine): Record<string, string> {
  return { zoo: packageVersion(), engine: `${name}, ${reason}` };
}
