import { styleText } from 'node:util';

import type { CommandIo, OutputStream } from '../command-io';

/** True if `stream` is to have colours: a terminal as a rule; `FORCE_COLOR` and `NO_COLOR` (no-color.org) have the last word. */
export function hasColors(stream: OutputStream, { environment }: Pick<CommandIo, 'environment'>): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0';
  return stream.isTTY === true && TERM !== 'dumb';
}

/** The styles the zoo writes in. */
export type Style = 'bold' | 'dim' | 'red' | 'green';

/** `text` in `style` where `stream` has colours, as it is elsewhere. */
export function styled(style: Style, text: string, stream: OutputStream, io: CommandIo): string {
  return hasColors(stream, io) ? styleText(style, text, { validateStream: false }) : text;
}
