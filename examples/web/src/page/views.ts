const NAMES = ['classify', 'teach'] as const;

/** A part of the page of which one is shown at a time. */
export type ViewName = (typeof NAMES)[number];

/** Shows the view that the address' hash names, now and whenever it changes; `onShown` is told which. */
export function showViewOfAddress(onShown: (name: ViewName) => void): void {
  show(onShown);
  window.addEventListener('hashchange', () => {
    show(onShown);
    document.getElementById('main')?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  });
}

function show(onShown: (name: ViewName) => void): void {
  const wanted = location.hash.slice(1);
  const shown = wanted === '' ? NAMES[0] : NAMES.find((name) => name === wanted);
  // The address points within the view, which stays.
  if (shown === undefined) return;
  for (const view of document.querySelectorAll<HTMLElement>('[data-view]'))
    view.hidden = view.dataset['view'] !== shown;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#${shown}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  onShown(shown);
}
