import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { html, type Html } from '@zoo/core/page';
import { comparisonSections, curvesSection, MAXIMUM_RUNS } from '@zoo/train/node';
import { readRegularFile } from '@zoo/weights/node';
import { Hono, type Context } from 'hono';
import { streamSSE } from 'hono/streaming';

import { expectOwnSite, tokenCheck } from '../serve/access';
import { Refusal } from '../serve/refusal';
import { OUTPUT_FILES } from '../training/train-settings';

import type { LiveRun } from './live-run';
import { DASHBOARD_POLICY, DASHBOARD_SCRIPT, dashboardPage, dashboardStyle } from './page';
import { readRun, runFolders, type RunFolder } from './run-folders';

/** What a dashboard shows. */
export interface DashboardSettings {
  /** The folder of runs, or of one. */
  readonly folder: string;
  /** The run of this process, if there is one. */
  readonly live: LiveRun | undefined;
  /** How often files of other runs are looked at. Default 2,000. */
  readonly pollMs?: number;
}

/** A dashboard's answers, whatever brings the requests. */
export interface Dashboard {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** What an address must begin with, behind the host: `/4f…/`. */
  readonly path: string;
  /** Requests that are being answered, streams of events apart. */
  readonly requests: () => number;
  /** Ends all streams of events. */
  readonly end: () => void;
}

/** Pages that may be open at a time. */
const MOST_PAGES = 32;

/** The routes of a dashboard, protected by a token that only its user knows. */
export function createDashboard(settings: DashboardSettings): Dashboard {
  const token = randomBytes(16).toString('hex');
  const checkToken = tokenCheck(token);
  const ended = new AbortController();
  let [requests, pages] = [0, 0];
  const { live } = settings;
  const app = new Hono();

  app.use(async (c, next) => {
    expectOwnSite(c.req.header('host'), c.req.header('origin'), true);
    checkToken(`Bearer ${c.req.path.split('/')[1] ?? ''}`);
    requests++;
    try {
      await next();
    } finally {
      requests--;
    }
    c.header('x-content-type-options', 'nosniff');
    c.header('referrer-policy', 'no-referrer');
    c.header('cache-control', 'no-store');
  });
  app.onError((error, c) => {
    if (!(error instanceof Refusal)) return c.text('Something went wrong in this dashboard.\n', 500);
    return c.text(`${error.status === 401 ? WRONG_TOKEN : error.message}\n`, error.status);
  });
  app.notFound((c) => c.text('There is nothing here.\n', 404));

  const at = (path: string): string => `/:token/${path}`;
  const title = live === undefined ? 'Runs' : `Training: ${live.name}`;
  app.get(at(''), (c) =>
    c.html(dashboardPage(title, { isLive: live !== undefined }), 200, {
      'content-security-policy': DASHBOARD_POLICY,
    }),
  );
  app.get(at('page.js'), (c) =>
    c.body(DASHBOARD_SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  app.get(at('page.css'), (c) =>
    c.body(dashboardStyle(), 200, { 'content-type': 'text/css; charset=utf-8' }),
  );
  app.get(at('parts'), async (c) =>
    c.html((await partsOf(c, settings)).map(({ markup }) => markup).join('\n')),
  );
  app.get(at('report/:name'), async (c) => {
    const run = (await runFolders(settings.folder)).find(({ name }) => name === c.req.param('name'));
    if (run?.hasReport !== true) return c.text('There is no such report.\n', 404);
    const report = await readRegularFile(join(run.path, OUTPUT_FILES.report));
    // A report says itself that it has no script; what lies in a folder of that name need not.
    return c.body(Buffer.from(report), 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox",
    });
  });
  app.post(at('stop'), (c) => {
    if (live === undefined) return c.text('There is no run to stop.\n', 404);
    live.stop.abort(new Error('stopped from the dashboard'));
    return c.text('stopping\n');
  });
  app.get(at('events'), (c) => {
    if (pages >= MOST_PAGES) return c.text('Too many pages are open.\n', 503);
    pages++;
    return streamSSE(c, async (stream) => {
      const closed = new AbortController();
      stream.onAbort(() => closed.abort());
      const signal = AbortSignal.any([closed.signal, ended.signal]);
      try {
        for await (const name of changes(settings, signal)) {
          const data = name === 'status' ? JSON.stringify(live?.status) : '';
          await stream.writeSSE({ event: name, data });
        }
        if (!closed.signal.aborted && live !== undefined) {
          await stream.writeSSE({ event: 'status', data: JSON.stringify(live.status) });
          await stream.writeSSE({ event: 'end', data: '' });
        }
      } finally {
        pages--;
      }
    });
  });
  return {
    fetch: (request) => app.fetch(request),
    path: `/${token}/`,
    requests: () => requests,
    end: () => ended.abort(),
  };
}

const WRONG_TOKEN = 'Expected the address that the command printed, with the token of this dashboard.';

/** What changes, by the names of events, until `signal`: a status at once, parts where an epoch or a file has changed. */
async function* changes(
  { live, folder, pollMs = 2000 }: DashboardSettings,
  signal: AbortSignal,
): AsyncGenerator<'status' | 'parts'> {
  let isTold = live !== undefined;
  let wake: () => void = () => undefined;
  const unsubscribe = live?.subscribe(() => {
    isTold = true;
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    let seen = await fingerprint(folder, live);
    while (!signal.aborted) {
      if (isTold) {
        isTold = false;
        yield 'status';
      }
      const now = await fingerprint(folder, live);
      if (now !== seen) {
        seen = now;
        yield 'parts';
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => wake(), isToldNow() ? 0 : pollMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    unsubscribe?.();
    signal.removeEventListener('abort', onAbort);
  }

  // The connection closed while a file was read or an event was sent.
  function isToldNow(): boolean {
    return isTold || signal.aborted;
  }
}

async function fingerprint(folder: string, live: LiveRun | undefined): Promise<string> {
  const runs = await runFolders(folder).catch(() => []);
  return JSON.stringify([
    runs.map(({ name, changedMs }) => [name, changedMs]),
    live?.history.length,
    live?.measured?.markup.length,
  ]);
}

/** The sections that the page shows. */
async function partsOf(c: Context, { folder, live }: DashboardSettings): Promise<Html[]> {
  const runs = await runFolders(folder);
  const wanted = c.req.query('chosen') === undefined ? undefined : new Set(c.req.queries('run') ?? []);
  const shown = runs
    .filter(({ name }, place) => wanted?.has(name) ?? place < MAXIMUM_RUNS)
    .slice(0, MAXIMUM_RUNS);
  const compared = await Promise.all(shown.map(readRun));
  const isAlone = runs.length === 1 && live !== undefined;
  return [
    ...(live === undefined
      ? []
      : [curvesSection({ epochs: live.history }), ...(live.measured ? [live.measured] : [])]),
    ...(isAlone
      ? []
      : [
          runsList(runs, new Set(shown.map(({ name }) => name))),
          ...comparisonSections(compared, 'Curves of all'),
        ]),
  ];
}

function runsList(runs: readonly RunFolder[], shown: ReadonlySet<string>): Html {
  if (runs.length === 0) return html`<p class="hint">There is no run in this folder yet.</p>`;
  const rows = runs.map(
    ({ name, hasReport }) =>
      html`<label
        >${shown.has(name) ? html`<input type="checkbox" value="${name}" checked />` : html`<input type="checkbox" value="${name}" />`}
        ${name}
        ${hasReport ? html`<a href="${`report/${encodeURIComponent(name)}`}" target="_blank">report</a>` : undefined}</label
      >`,
  );
  return html`<section>
    <h2>Runs side by side</h2>
    <details class="runs">
      <summary>${shown.size} of ${runs.length} runs are shown, at most ${MAXIMUM_RUNS}</summary>
      ${rows}
    </details>
  </section>`;
}
