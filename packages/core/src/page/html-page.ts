import { html, trusted, type Html } from './html';
import { PAGE_STYLE } from './page-style';

/** What {@link htmlPage} shows. */
export interface HtmlPage {
  readonly title: string;
  /** A sentence or two under the title. */
  readonly summary?: string | undefined;
  /** CSS of the page's own, behind the style that all pages have. */
  readonly style?: string;
  /** What stands under the heading: sections, as a rule. */
  readonly body: readonly Html[];
}

/** One HTML page that needs nothing else: its policy allows no script and nothing from outside but `data:` pictures. */
export function htmlPage({ title, summary, style = '', body }: HtmlPage): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        />
        <title>${title}</title>
        <style>
          ${trusted(PAGE_STYLE + style)}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          ${summary === undefined ? undefined : html`<p>${summary}</p>`}
        </header>
        ${body}
      </body>
    </html>`;
  return `${page.markup.replace(/^ +/gm, '')}\n`;
}
