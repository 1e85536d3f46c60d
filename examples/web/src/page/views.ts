const NAMES = ['classify', 'teach'];

/** Shows the view that the address' hash names, now and whenever it changes. */
export function showViewOfAddress(): void {
  show();
  window.addEventListener('hashchange', () => {
    show();
    document.getElementById('main')?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  });
}

function show(): void {
  const wanted = location.hash.slice(1);
  // The address of something within the view, which stays.
  if (wanted !== '' && !NAMES.includes(wanted)) return;
  const shown = NAMES.includes(wanted) ? wanted : NAMES[0]!;
  for (const view of document.querySelectorAll<HTMLElement>('[data-view]'))
    view.hidden = view.dataset['view'] !== shown;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#${shown}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}
