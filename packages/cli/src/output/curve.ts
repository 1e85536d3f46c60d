/** A place on a curve. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/** What the axes are called. */
export interface CurveLabels {
  readonly x: string;
  readonly y: string;
}

const WIDTH = 64;
const HEIGHT = 14;

/** Lines that draw a curve in plain text, from 0 to its greatest value: a `*` in each column that has a point. */
export function asciiCurve(points: readonly CurvePoint[], { x, y }: CurveLabels): string[] {
  const { left, right, top } = boundsOf(points);
  const rows = Array.from({ length: HEIGHT }, () => Array<string>(WIDTH).fill(' '));
  for (const point of points) {
    const column = Math.round(((point.x - left) / (right - left)) * (WIDTH - 1));
    const row = HEIGHT - 1 - Math.round((point.y / top) * (HEIGHT - 1));
    rows[row]![column] = '*';
  }
  const margin = Math.max(shortNumber(top).length, 1);
  const mark = (row: number): string => (row === 0 ? shortNumber(top) : row === HEIGHT - 1 ? '0' : '');
  return [
    y,
    ...rows.map((row, at) => `${mark(at).padStart(margin)} |${row.join('')}`.trimEnd()),
    `${' '.repeat(margin)} +${'-'.repeat(WIDTH)}`,
    `${' '.repeat(margin + 2)}${shortNumber(left)}${`${shortNumber(right)} ${x}`.padStart(WIDTH - shortNumber(left).length)}`,
  ];
}

/** The same as an SVG file. */
export function svgCurve(points: readonly CurvePoint[], { x, y }: CurveLabels): string {
  const { left, right, top } = boundsOf(points);
  const place = (point: CurvePoint): string =>
    `${(60 + ((point.x - left) / (right - left)) * 520).toFixed(1)},${(250 - (point.y / top) * 220).toFixed(1)}`;
  const text = (at: string, anchor: string, words: string): string =>
    `<text ${at} text-anchor="${anchor}">${words}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 290" font-family="sans-serif" font-size="12" role="img" aria-label="${y} by ${x}">
<path d="M60 30V250H580" fill="none" stroke="#777"/>
<polyline points="${points.map(place).join(' ')}" fill="none" stroke="#06c" stroke-width="2"/>
${text('x="54" y="34"', 'end', shortNumber(top))}${text('x="54" y="254"', 'end', '0')}
${text('x="60" y="268"', 'start', shortNumber(left))}${text('x="580" y="268"', 'end', shortNumber(right))}
${text('x="320" y="284"', 'middle', x)}${text('x="60" y="18"', 'start', y)}
</svg>
`;
}

/** Never empty, so that one point or a rate of 0 can be drawn, too. */
function boundsOf(points: readonly CurvePoint[]): { left: number; right: number; top: number } {
  const xs = points.map((point) => point.x);
  const left = xs.reduce((least, value) => Math.min(least, value), Infinity);
  const right = xs.reduce((most, value) => Math.max(most, value), -Infinity);
  const top = points.reduce((most, point) => Math.max(most, point.y), 0);
  return { left, right: right > left ? right : left + 1, top: top > 0 ? top : 1 };
}

function shortNumber(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}
