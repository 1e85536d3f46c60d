import { byId, element } from './element';

/** Shows what went wrong until it is dismissed or something else is done; read out by screen readers at once. */
export function showNotice(error: unknown): void {
  const words = error instanceof Error ? error.message : String(error);
  const close = element(
    'button',
    { type: 'button', class: 'button small', onclick: clearNotices },
    'Dismiss',
  );
  byId('notices').replaceChildren(
    element('div', { class: 'notice' }, element('p', { dir: 'auto' }, words), close),
  );
}

/** Takes the notice away. */
export function clearNotices(): void {
  byId('notices').replaceChildren();
}

/** Runs what an event asks for; what it throws becomes a notice. */
export function attempt(work: () => Promise<void>): void {
  clearNotices();
  work().catch(showNotice);
}
