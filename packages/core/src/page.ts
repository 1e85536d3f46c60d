// What pages for people are made of: markup whose values are escaped, and one shell without scripts or outside resources.
export { html, trusted, type Html } from './page/html';
export { PAGE_STYLE } from './page/page-style';
export { htmlPage, type HtmlPage } from './page/html-page';
