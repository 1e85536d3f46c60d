import { noteLine, type CommandIo } from '../command-io';
import { listen } from '../serve/listen';

import { createDashboard, type Dashboard, type DashboardSettings } from './application';

/** A dashboard that can be looked at. */
export interface RunningDashboard {
  readonly dashboard: Dashboard;
  /** The page's address, token included. */
  readonly url: string;
  /** Tells open pages how the run ended and stops listening; pages that do not close are cut off. */
  readonly close: () => Promise<void>;
}

/** How long pages have to read how a run ended. */
const FAREWELL_MS = 500;

/**
 * Serves a dashboard on this machine alone, and says where.
 *
 * @throws ArgumentError for a port that can't be listened on.
 */
export async function startDashboard(
  settings: DashboardSettings,
  { port, portOption }: { port: number; portOption: string },
  io: CommandIo,
): Promise<RunningDashboard> {
  const dashboard = createDashboard(settings);
  const place = { host: '127.0.0.1', port, portOption, requestTimeoutMs: 30_000 };
  const { server, address } = await listen(dashboard.fetch, place);
  const url = `${address}${dashboard.path}`;
  noteLine(io, `dashboard: ${url}`);
  return {
    dashboard,
    url,
    close: async () => {
      dashboard.end();
      const closed = new Promise<void>((done) => server.close(() => done()));
      const timer = setTimeout(() => server.closeAllConnections(), FAREWELL_MS);
      server.closeIdleConnections();
      await closed;
      clearTimeout(timer);
    },
  };
}
