/** What a report has beside the style of all pages: charts and matrices. */
export const REPORT_STYLE = `
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 1.5rem; }
.chart figcaption { font-weight: 600; display: flex; justify-content: space-between; flex-wrap: wrap; gap: 0 1rem; }
.legend { font-weight: 400; color: var(--muted); font-size: .87rem; display: flex; gap: 1rem; }
.key { display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin-right: .4em; vertical-align: middle; background: var(--color); }
.series-0 { --color: var(--series-0); } .series-1 { --color: var(--series-1); }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--muted); font-size: 13px; }
svg .grid { stroke: var(--line); }
svg .mark { stroke: var(--muted); stroke-dasharray: 4 4; }
svg polyline { fill: none; stroke: var(--color); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
svg .dot { fill: var(--color); opacity: 0; } svg .dot:hover, svg .single .dot { opacity: 1; }
.classes td, .classes th { white-space: nowrap; }
.classes td, .classes thead th:not(:first-child) { padding-inline: .5rem; }
.classes tfoot th, .classes tfoot td { color: var(--muted); border-bottom: 0; }
.reliability { flex: 0 1 300px; margin-top: 1.8rem; }
.reliability .bar { fill: var(--series-0); opacity: .8; } .reliability .bar:hover { opacity: 1; }
.settings td { padding-right: 1.2rem; vertical-align: top; } .settings .meaning { color: var(--muted); }
.beside { display: flex; flex-wrap: wrap; gap: 0 2rem; }
.beside > div { min-width: 0; max-width: 100%; }
.beside > div:last-child { flex: 1 1 560px; }
.beside .hint { max-width: 26rem; }
.confusion td { min-width: 2.5rem; height: 2.1rem; padding: 0 .35rem; text-align: center; border: 1px solid var(--surface); }
.confusion tbody td { background: rgb(var(--tint) / calc(.05 + .95 * var(--share))); }
.confusion tbody td[style*="0.000"] { background: rgb(var(--right) / .05); }
.confusion .right { --tint: var(--right); } .confusion .wrong { --tint: var(--wrong); }
.confusion .strong { color: #fff; }
.confusion thead th { vertical-align: bottom; padding: 0 0 .4rem; text-align: center; }
.confusion thead th span { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block; }
`;
