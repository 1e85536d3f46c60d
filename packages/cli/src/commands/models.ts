import { resnetNames } from '@zoo/resnet';

import { printJson, printLine, type CommandIo } from '../command-io';
import { PARAMETER_COUNTS } from '../models/parameter-counts';
import { formatCount } from '../output/format-number';
import { formatTable } from '../output/format-table';

/** Lists the networks of the family with their parameters. */
export function listModels({ json = false }: { json?: boolean }, io: CommandIo): void {
  const models = resnetNames().map((name) => ({ name, parameters: PARAMETER_COUNTS[name] ?? null }));
  if (json) {
    printJson(io, models);
    return;
  }
  const rows = models.map(({ name, parameters }) => [
    name,
    parameters === null ? '–' : formatCount(parameters),
  ]);
  for (const line of formatTable([['name', 'parameters'], ...rows], ['left', 'right'])) printLine(io, line);
}
