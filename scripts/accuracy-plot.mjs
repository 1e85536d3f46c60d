// Writes docs/guides/accuracy-and-cost.svg: the published accuracy of each set of weights against its network's multiply-adds, from
// `publishedWeights`. With --check nothing is written: exits with 1 where the plot is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { importSource, root } from './bundle-source.mjs';

const target = join(root, 'docs/guides/accuracy-and-cost.svg');
const { weights } = await importSource(
  `import { publishedWeights } from './resnet/src/pretrained/published-weights'; export const weights = publishedWeights();`,
);

// Okabe and Ito's colours, told apart by the colour-blind, and a shape of its own for each family.
const FAMILIES = [
  { title: 'BiT (ResNetV2)', matches: /_bit\b/, colour: '#009e73', shape: 'diamond' },
  {
    title: 'ResNetV2, pre-activation',
    matches: /^resnetv2|v2\.|^preactivation/,
    colour: '#cc79a7',
    shape: 'cross',
  },
  { title: 'ResNet-RS', matches: /^resnetrs/, colour: '#d55e00', shape: 'triangle' },
  { title: 'SE and ECA', matches: /seresne|^ecaresne|^senet|^se_/, colour: '#e69f00', shape: 'square' },
  { title: 'ResNeXt', matches: /^resnext/, colour: '#56b4e9', shape: 'down' },
  { title: 'Wide ResNet', matches: /^wide/, colour: '#8a8a8a', shape: 'plus' },
  { title: 'ResNet (C, D, S, T, aa)', matches: /./, colour: '#0072b2', shape: 'circle' },
];

const WIDTH = 1000;
const HEIGHT = 905;
const PLOT = { left: 70, right: 975, top: 64, bottom: 640 };
const GIGA_RANGE = [0.4, 1100];
const TOP1_RANGE = [64, 89];

// timm's test_resnet is a toy of 42 %.
const drawn = weights.filter(({ accuracy, architecture }) => accuracy && architecture !== 'test_resnet');
const points = drawn
  .flatMap(({ name, architecture, imageSize, accuracy, multiplyAdds, test }) => {
    const family = FAMILIES.find(({ matches }) => matches.test(architecture));
    return [{ imageSize, accuracy, multiplyAdds }, ...(test?.accuracy ? [test] : [])].map((each) => ({
      name: `${name}, ${each.imageSize[0]} px`,
      family,
      giga: each.multiplyAdds / 1e9,
      top1: each.accuracy.top1,
    }));
  })
  .sort((a, b) => a.giga - b.giga || b.top1 - a.top1);
const front = [];
for (const point of points) if (point.top1 > (front.at(-1)?.top1 ?? 0)) front.push(point);
for (const { giga, top1, name } of points) {
  const isInside =
    giga > GIGA_RANGE[0] && giga < GIGA_RANGE[1] && top1 > TOP1_RANGE[0] && top1 < TOP1_RANGE[1];
  if (!isInside) throw new Error(`Expected a point within the axes but received ${name}. Widen the ranges.`);
}

const round = (value) => Number(value.toFixed(1));
const xOf = (giga) => {
  const [from, to] = GIGA_RANGE.map(Math.log10);
  return round(PLOT.left + ((Math.log10(giga) - from) / (to - from)) * (PLOT.right - PLOT.left));
};
const yOf = (top1) => {
  const [from, to] = TOP1_RANGE;
  return round(PLOT.bottom - ((top1 - from) / (to - from)) * (PLOT.bottom - PLOT.top));
};

function mark({ shape }, x, y, size, attributes = '') {
  const polygon = (...corners) =>
    `<polygon points="${corners.map(([dx, dy]) => `${round(x + dx * size)},${round(y + dy * size)}`).join(' ')}"${attributes}/>`;
  const thin = 0.36;
  switch (shape) {
    case 'circle':
      return `<circle cx="${x}" cy="${y}" r="${size}"${attributes}/>`;
    case 'square':
      return polygon([-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]);
    case 'diamond':
      return polygon([0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]);
    case 'triangle':
      return polygon([0, -1.2], [1.15, 0.9], [-1.15, 0.9]);
    case 'down':
      return polygon([0, 1.2], [1.15, -0.9], [-1.15, -0.9]);
    case 'plus':
      return polygon(
        ...[
          [-thin, -1.2],
          [thin, -1.2],
          [thin, -thin],
          [1.2, -thin],
          [1.2, thin],
          [thin, thin],
        ],
        ...[
          [thin, 1.2],
          [-thin, 1.2],
          [-thin, thin],
          [-1.2, thin],
          [-1.2, -thin],
          [-thin, -thin],
        ],
      );
    default: {
      const a = 1.25;
      const b = 1.25 - 2 * thin;
      const c = thin * 2;
      return polygon(
        ...[
          [-a, -b - 0],
          [-b, -a],
          [0, -c],
          [b, -a],
          [a, -b],
          [c, 0],
        ],
        ...[
          [a, b],
          [b, a],
          [0, c],
          [-b, a],
          [-a, b],
          [-c, 0],
        ],
      );
    }
  }
}

/** The front's numbers, each left above its point and clear of marks and of the numbers before it. */
function labels() {
  const taken = points.map(({ giga, top1 }) => boxAround(xOf(giga), yOf(top1), 5, 5));
  return front.map(({ giga, top1 }, index) => {
    const [x, y] = [xOf(giga), yOf(top1)];
    const place = { x: x - 15, y: y - 11 };
    const clashes = (box) =>
      Math.abs(place.x - box.x) < 8 + box.halfWidth && Math.abs(place.y - box.y) < 6 + box.halfHeight;
    // What lies to the left and above is better for less: nothing does.
    while (taken.some(clashes)) {
      place.x -= 3;
      place.y -= 1;
    }
    taken.push(boxAround(place.x, place.y, 8, 6));
    const [nearX, nearY] = [round(place.x + 8), round(place.y + 2)];
    const line =
      place.x < x - 16
        ? `<line class="leader" x1="${nearX}" y1="${nearY}" x2="${x - 7}" y2="${y - 3}"/>`
        : '';
    return `${line}<text x="${round(place.x)}" y="${round(place.y + 4)}" text-anchor="middle">${index + 1}</text>`;
  });
}

function boxAround(x, y, halfWidth, halfHeight) {
  return { x, y, halfWidth, halfHeight };
}

/** What the numbers stand for, below the plot in two columns. */
function names() {
  const rows = Math.ceil(front.length / 2);
  return front.map(({ name, giga, top1 }, index) => {
    const x = PLOT.left + (index < rows ? 0 : 412);
    const y = PLOT.bottom + 75 + 18 * (index % rows);
    const figures = `${top1.toFixed(1)} %, ${giga.toFixed(1)} billion`;
    return `<text x="${x}" y="${y}">${index + 1}. ${name}: ${figures}</text>`;
  });
}

function axes() {
  const lines = [];
  for (const giga of [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]) {
    if (giga < GIGA_RANGE[0] || giga > GIGA_RANGE[1]) continue;
    const x = xOf(giga);
    lines.push(`<line class="grid" x1="${x}" y1="${PLOT.top}" x2="${x}" y2="${PLOT.bottom}"/>`);
    lines.push(`<text x="${x}" y="${PLOT.bottom + 20}" text-anchor="middle">${giga}</text>`);
  }
  for (let top1 = Math.ceil(TOP1_RANGE[0] / 2) * 2; top1 < TOP1_RANGE[1]; top1 += 2) {
    const y = yOf(top1);
    lines.push(`<line class="grid" x1="${PLOT.left}" y1="${y}" x2="${PLOT.right}" y2="${y}"/>`);
    lines.push(`<text x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${top1}</text>`);
  }
  const middle = (PLOT.left + PLOT.right) / 2;
  lines.push(
    `<text x="${middle}" y="${PLOT.bottom + 42}" text-anchor="middle">multiply-adds of one picture, in billions (logarithmic); a mark for each picture size that weights are measured at</text>`,
    `<text transform="translate(20 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">top-1 accuracy on ImageNet, as published, in percent</text>`,
  );
  return lines;
}

function legend() {
  const left = PLOT.right - 215;
  const top = PLOT.bottom - 24 * (FAMILIES.length + 1) - 14;
  const rows = FAMILIES.map((family, row) => {
    const y = top + 22 + 24 * row;
    return `<g fill="${family.colour}">${mark(family, left + 20, y, 5)}</g><text x="${left + 38}" y="${y + 4}">${family.title}</text>`;
  });
  const y = top + 22 + 24 * FAMILIES.length;
  rows.push(
    `<line class="front" x1="${left + 8}" y1="${y}" x2="${left + 32}" y2="${y}"/><text x="${left + 38}" y="${y + 4}">none is better for less</text>`,
  );
  return [
    `<rect class="box" x="${left}" y="${top}" width="207" height="${24 * (FAMILIES.length + 1) + 8}" rx="4"/>`,
    ...rows,
  ];
}

const marks = points.map(({ name, family, giga, top1 }) => {
  const title = `<title>${name}: ${top1} %, ${giga.toFixed(1)} billion</title>`;
  return `<g fill="${family.colour}">${title}${mark(family, xOf(giga), yOf(top1), 3.4)}</g>`;
});
const rings = front.map(
  ({ giga, top1 }) => `<circle class="ring" cx="${xOf(giga)}" cy="${yOf(top1)}" r="8"/>`,
);
const steps = front
  .map(({ giga, top1 }, index) => (index === 0 ? `M${xOf(giga)} ${yOf(top1)}` : `H${xOf(giga)}V${yOf(top1)}`))
  .join('');

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Published top-1 accuracy of ${drawn.length} sets of weights against their networks' multiply-adds">
<!-- Written by scripts/accuracy-plot.mjs. -->
<style>
  svg { --paper: #ffffff; --ink: #1f2328; --faint: #d8dee4; --leader: #8c959f; }
  @media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #e6edf3; --faint: #30363d; --leader: #6e7681; } }
  text { font: 12px system-ui, "Liberation Sans", sans-serif; fill: var(--ink); }
  .title { font-size: 17px; font-weight: 600; }
  .paper { fill: var(--paper); }
  .box { fill: var(--paper); stroke: var(--faint); }
  .grid { stroke: var(--faint); stroke-width: 1; }
  .leader { stroke: var(--leader); stroke-width: 1; }
  .front { fill: none; stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 3; }
  .ring { fill: none; stroke: var(--ink); stroke-width: 1.5; }
</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="${PLOT.left}" y="34">Published accuracy of ${drawn.length} sets of weights against cost</text>
${[...axes(), ...marks, `<path class="front" d="${steps}"/>`, ...rings, ...labels(), ...legend(), ...names()].join('\n')}
</svg>
`;
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== svg) {
    console.error(
      'Expected accuracy-and-cost.svg as the catalogue says but it is stale. Run `node scripts/accuracy-plot.mjs`.',
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, svg);
}
console.log(
  `${points.length} points, ${front.length} that none is better than for less: ${front.map(({ name }) => name).join(', ')}`,
);
