/** The style of all pages: light or dark as the reader's system is. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f7f7f5; --surface: #ffffff; --ink: #1d1f23; --muted: #6b7078; --line: #e3e4e6;
  --series-0: #2563a8; --series-1: #d9722e; --right: 37 99 168; --wrong: 200 62 50;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --surface: #1e2125; --ink: #e8e9eb; --muted: #9aa0a8; --line: #33373d;
    --series-0: #6ea8e8; --series-1: #f0995c; --right: 86 146 214; --wrong: 226 98 84;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 2.5rem 1.5rem 4rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.3rem; margin: 0 0 1rem; }
h3 { font-size: 1rem; margin: 1.8rem 0 .4rem; }
header p, .hint { color: var(--muted); margin: .2rem 0 1rem; }
.hint { font-size: .87rem; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; margin-top: 1.5rem; }
figure { margin: 0; }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem 2.6rem; }
.tile { display: flex; flex-direction: column; }
.tile b { font-size: 1.7rem; line-height: 1.2; font-weight: 650; }
.tile span { color: var(--muted); font-size: .87rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .87rem; }
th { font-weight: 500; text-align: left; padding: .25rem .6rem .25rem 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 1rem; }
.card { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.card img, .no-picture { width: 100%; aspect-ratio: 1; object-fit: contain; display: block; background: rgb(128 128 128 / .12); }
.no-picture { display: grid; place-items: center; color: var(--muted); font-size: .8rem; }
.card figcaption { padding: .5rem .65rem; font-size: .82rem; display: flex; flex-direction: column; }
.card span { display: flex; justify-content: space-between; gap: .4rem; }
.card b { white-space: nowrap; }
.card small { color: var(--muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.classes { width: 100%; max-width: 720px; }
.classes thead th, .classes td { border-bottom: 1px solid var(--line); }
.classes thead th { color: var(--muted); }
.classes td, .classes thead th:not(:first-child) { text-align: right; padding: .3rem .6rem; }
.meter { background: linear-gradient(to right, rgb(var(--right) / .22) calc(100% * var(--share)), transparent 0) no-repeat 0 50% / 100% 70%; }
.settings td, .settings th { border-bottom: 1px solid var(--line); padding: .3rem 1.6rem .3rem 0; vertical-align: top; }
.settings th { color: var(--muted); white-space: nowrap; }
.bad b { color: rgb(var(--wrong)); } .good b { color: rgb(var(--right)); }
@media print { body { background: none; } section { break-inside: avoid; } }
`;
