import type { Command } from 'commander';

import type { CommandIo } from '../command-io';
import { flag } from '../flags';
import { DASHBOARD_PORT } from '../training/watch-options';

import { examples } from './shared-options';

/** Declares `zoo dashboard`. */
export function defineDashboard(command: Command, io: CommandIo): void {
  command
    .description(
      'Serves curves of runs beside each other on this machine, and their reports, until it is interrupted; runs may still be going on.',
    )
    .argument('[runs]', 'a folder with output folders of zoo train, or one of those', 'runs')
    .addOption(flag('--port <number>', 'port to listen on; 0 for a free one', DASHBOARD_PORT))
    .addHelpText('after', examples('zoo dashboard runs'))
    .action((runs: string, options: { port?: number }) => showRuns({ ...options, runs }, io));
}

/** Options of `zoo dashboard`. */
export interface DashboardOptions {
  runs: string;
  port?: number;
}

/**
 * Serves the runs in a folder until the user interrupts.
 *
 * @throws ZooError `invalid-file` for a folder that can't be read; ArgumentError for a port that can't be listened on.
 */
export async function showRuns(
  { runs, port = DASHBOARD_PORT.default }: DashboardOptions,
  io: CommandIo,
): Promise<void> {
  // The server and the drawing code load on demand.
  const [{ startDashboard }, { expectRunsFolder }] = await Promise.all([
    import('../dashboard/start-dashboard'),
    import('../dashboard/run-folders'),
  ]);
  await expectRunsFolder(runs);
  const interruption = io.interruption();
  const { close } = await startDashboard(
    { folder: runs, live: undefined },
    { port, portOption: '--port' },
    io,
  );
  try {
    await new Promise<void>((done) => {
      if (interruption.aborted) done();
      else interruption.addEventListener('abort', () => done(), { once: true });
    });
  } finally {
    await close();
  }
}
