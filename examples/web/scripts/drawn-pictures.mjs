/** Pictures for the screenshots, drawn here: a repository is no place for photographs of people. */
import { join } from 'node:path';

import sharp from 'sharp';

const SIDE = 224;
const COLORS = ['#c8553d', '#2d6a8a', '#d9a441', '#4d7c4a', '#7a4f8a', '#3b3f46'];
const GROUNDS = ['#f3ead8', '#dfe9ea', '#efe3e6', '#e6eadb', '#fbf7ef'];

/** What a class is made of, around a middle of 0, 0. */
const SHAPES = {
  circles: (size) => `<circle r="${size}"/>`,
  triangles: (size) => `<path d="M0 ${-size} L${size} ${size} L${-size} ${size} Z"/>`,
  crosses: (size) =>
    `<path d="M${-size} ${-size / 3}h${size * 0.67}v${-size * 0.67}h${size * 0.67}v${size * 0.67}h${size * 0.67}v${size * 0.67}h${-size * 0.67}v${size * 0.67}h${-size * 0.67}v${-size * 0.67}h${-size * 0.67}z"/>`,
};

/** `count` pictures of a kind of shape, each of other colours, sizes and places; the same ones every time. */
export async function drawShapes(kind, count, directory) {
  let state = kind.length * 7919;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const pick = (list) => list[Math.floor(random() * list.length)];
  const files = [];
  for (let index = 0; index < count; index++) {
    const shapes = Array.from({ length: 2 + Math.floor(random() * 4) }, () => {
      const place = `translate(${40 + random() * 144} ${40 + random() * 144}) rotate(${random() * 40 - 20})`;
      return `<g transform="${place}" fill="${pick(COLORS)}">${SHAPES[kind](18 + random() * 34)}</g>`;
    });
    files.push(await draw(`${pick(GROUNDS)}`, shapes.join(''), join(directory, `${kind}-${index + 1}.png`)));
  }
  return files;
}

/** A tractor on a field below the sun. */
export function drawFarm(directory) {
  const furrows = Array.from(
    { length: 9 },
    (_, index) =>
      `<path d="M${index * 40 - 60} 224 L${92 + index * 5} 138" stroke="#7b5a2e" stroke-width="5"/>`,
  );
  const parts = `
    <circle cx="176" cy="44" r="22" fill="#ffd87a"/>
    <path d="M0 140 Q60 96 120 128 T224 116 V224 H0 Z" fill="#7fa25a"/>
    <path d="M0 150 Q110 126 224 150 V224 H0 Z" fill="#a9824a"/>
    ${furrows.join('')}
    <rect x="84" y="118" width="72" height="34" rx="5" fill="#b8342a"/>
    <path d="M88 118 V80 h38 l8 38 Z" fill="#cfe3ea" stroke="#b8342a" stroke-width="6"/>
    <rect x="142" y="92" width="6" height="28" fill="#333"/>
    <circle cx="92" cy="162" r="28" fill="#2b2b2b"/><circle cx="92" cy="162" r="12" fill="#e3b23c"/>
    <circle cx="150" cy="170" r="18" fill="#2b2b2b"/><circle cx="150" cy="170" r="8" fill="#e3b23c"/>`;
  return draw('#a9cfe6', parts, join(directory, 'farm.png'));
}

async function draw(ground, parts, file) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * SIDE}" height="${2 * SIDE}" viewBox="0 0 ${SIDE} ${SIDE}"><rect width="100%" height="100%" fill="${ground}"/>${parts}</svg>`;
  await sharp(Buffer.from(svg)).png().toFile(file);
  return file;
}
