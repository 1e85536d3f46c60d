import type { OptionRow } from '@zoo/core/options';
import { Option, type Command } from 'commander';

import { integerOption, numberOption } from './option-values';

/**
 * A flag that takes what a row of an option table takes: its range, its choices, its default in the help.
 *
 * The default is shown and not set: a resumed run has to tell an option that was given from one that was not.
 *
 * @param shownDefault What stands for the default in the help, where the row has none or a sentence says it better.
 */
export function flag(flags: string, description: string, row: OptionRow, shownDefault?: string): Option {
  const shown = shownDefault ?? shownValue(row);
  const words = [description, ...(shown === undefined ? [] : [`(default: ${shown})`])];
  const option = new Option(flags, words.filter((part) => part !== '').join(' '));
  switch (row.type) {
    case 'integer':
      return option.argParser(integerOption(row.minimum ?? 0, row.maximum));
    case 'number':
      return option.argParser(
        numberOption({
          ...(row.minimum !== undefined && {
            [row.exclusiveMinimum === true ? 'above' : 'minimum']: row.minimum,
          }),
          ...(row.maximum !== undefined && {
            [row.exclusiveMaximum === true ? 'below' : 'maximum']: row.maximum,
          }),
        }),
      );
    case 'choice':
      return option.choices([...row.choices]);
    case 'any':
    case 'boolean':
    case 'group':
    case 'text':
      return option;
  }
}

/** What a command's arguments and options mean, by the names that a program gives them, without the defaults. */
export function meaningsOf({ options, registeredArguments }: Command): Record<string, string> {
  return Object.fromEntries(
    [
      ...registeredArguments.map((argument) => [argument.name(), argument.description]),
      ...options.map((option) => [option.attributeName(), option.description]),
    ].map(([name, description]) => [name, description!.replace(/ ?\(default: .*\)$/, '')]),
  ) as Record<string, string>;
}

function shownValue(row: OptionRow): string | undefined {
  if (row.type === 'group' || row.type === 'boolean' || row.default == null) return undefined;
  return `${row.default as string | number}`;
}
