import { html, PAGE_STYLE } from '@zoo/core/page';
import { reportStyle } from '@zoo/train/node';

/**
 * What the page may do: its own script and style, the marks that charts and tables have in their `style` attributes, pictures as data, and
 * requests to this server. No script within markup.
 */
export const DASHBOARD_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page; its parts come as they change. */
export function dashboardPage(title: string, { isLive }: { isLive: boolean }): string {
  const live = html`<section id="live">
    <div class="tiles" aria-live="off">
      <div class="tile"><b id="epoch">–</b><span>epoch</span></div>
      <div class="tile"><b id="loss">–</b><span>loss of this epoch</span></div>
      <div class="tile"><b id="accuracy">–</b><span>accuracy of this epoch</span></div>
      <div class="tile"><b id="learning-rate">–</b><span>learning rate</span></div>
      <div class="tile"><b id="rate">–</b><span>pictures a second</span></div>
      <div class="tile"><b id="left">–</b><span>left</span></div>
    </div>
    <progress id="progress" max="1" value="0" aria-label="Share of the run that is done"></progress>
    <p class="row">
      <span id="state" role="status">preparing</span>
      <button id="stop" type="button">Stop, with a checkpoint</button>
    </p>
  </section>`;
  return `${
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title}</title>
          <link rel="stylesheet" href="page.css" />
          <script type="module" src="page.js"></script>
        </head>
        <body>
          <header><h1>${title}</h1></header>
          <p id="problem" role="alert"></p>
          ${isLive ? live : undefined}
          <main id="parts"><p class="hint">No epoch is finished yet.</p></main>
        </body>
      </html>`.markup
  }\n`;
}

/** The page's style: the reports', and what is in none of them. */
export function dashboardStyle(): string {
  return `${PAGE_STYLE}${reportStyle()}
progress { width: 100%; height: .6rem; margin: 1rem 0 0; accent-color: var(--series-0); }
.row { display: flex; justify-content: space-between; align-items: center; gap: 1rem; margin: .6rem 0 0; }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: 8px; padding: .35rem .9rem; cursor: pointer; }
button:hover:enabled { border-color: rgb(var(--wrong)); color: rgb(var(--wrong)); }
button:disabled { color: var(--muted); cursor: default; }
.runs label { display: block; margin: .15rem 0; }
#problem { color: rgb(var(--wrong)); margin: .6rem 0 0; }
#problem:empty { display: none; }
`;
}

/** The page's program: parts are markup of this server, whose values are escaped there; all else is set as text. */
export const DASHBOARD_SCRIPT = `const at = (id) => document.getElementById(id);
const percent = (value) => (100 * value).toFixed(1) + ' %';
const duration = (ms) => {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return seconds + ' s';
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? minutes + ' min' : Math.floor(minutes / 60) + ' h ' + (minutes % 60) + ' min';
};
const shown = (value, format) => (value === null ? '–' : format(value));
let isOver = false;
const showStatus = (status) => {
  if (!at('live')) return;
  at('epoch').textContent = status.epoch + ' of ' + status.epochs;
  at('loss').textContent = shown(status.loss, (value) => value.toFixed(3));
  at('accuracy').textContent = shown(status.accuracy, percent);
  at('learning-rate').textContent = shown(status.learningRate, (value) => String(Number(value.toPrecision(3))));
  at('rate').textContent = shown(status.examplesPerSecond, (value) => value.toFixed(value < 10 ? 1 : 0));
  at('left').textContent = shown(status.runLeftMs, duration);
  const done = status.batchesPerEpoch === 0 ? 0 : status.batch / status.batchesPerEpoch;
  at('progress').value = status.state === 'finished' ? 1 : (status.epoch - 1 + done) / status.epochs;
  at('state').textContent = status.state;
  isOver = !['preparing', 'training'].includes(status.state);
  if (isOver) at('stop').disabled = true;
};
const chosen = () => [...document.querySelectorAll('.runs input')].filter((box) => box.checked).map((box) => box.value);
let hasChosen = false;
let isAsking = false;
let isStale = false;
const refresh = async () => {
  isStale = true;
  if (isAsking) return;
  isAsking = true;
  try {
    while (isStale) {
      isStale = false;
      const query = new URLSearchParams(hasChosen ? [['chosen', ''], ...chosen().map((name) => ['run', name])] : []);
      const answer = await fetch('parts?' + query);
      if (!answer.ok) throw new Error(await answer.text());
      const isOpen = document.querySelector('.runs')?.open;
      at('parts').innerHTML = await answer.text();
      if (isOpen) document.querySelector('.runs').open = true;
      for (const box of document.querySelectorAll('.runs input'))
        box.addEventListener('change', () => { hasChosen = true; refresh(); });
      at('problem').textContent = '';
    }
  } catch (error) {
    if (!isOver) at('problem').textContent = error.message;
  } finally {
    isAsking = false;
  }
};
at('stop')?.addEventListener('click', async () => {
  at('stop').disabled = true;
  at('state').textContent = 'stopping, a checkpoint is written';
  const answer = await fetch('stop', { method: 'POST' }).catch(() => undefined);
  if (answer?.ok !== true) at('problem').textContent = 'The run could not be asked to stop.';
});
const events = new EventSource('events');
events.addEventListener('status', ({ data }) => showStatus(JSON.parse(data)));
events.addEventListener('parts', refresh);
events.addEventListener('end', () => events.close());
events.addEventListener('error', () => {
  if (isOver) return events.close();
  at('problem').textContent = 'No connection to the run: it is over, or busy. Trying again.';
});
events.addEventListener('open', () => { at('problem').textContent = ''; refresh(); });
`;
