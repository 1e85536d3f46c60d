import type { TileShape } from './tile-shape';
import type { Operand, PanelLayout } from './tiled-product';

/**
 * The operands of products: which values of a buffer the quads are. `vectors` says that the buffer is bound as `array<vec4f>`, for which
 * the size of what lies next to each other must divide by four; else it is `array<f32>`, and a quad's values are found one by one.
 */
interface OperandOptions {
  readonly name: 'left' | 'right';
  readonly vectors: boolean;
  readonly tile: TileShape;
}

/** A value far from every pixel: what is to be read as zero is moved there. */
const NOWHERE = '-0x10000000';

const VALUES = [0, 1, 2, 3] as const;

/**
 * A matrix: depth last, [row][depth], or depth first, [depth][row].
 *
 * @param size Expressions: how many rows it has, the values from one line to the next, and where its first value is.
 */
export function matrix(
  { name, vectors, tile }: OperandOptions,
  layout: PanelLayout,
  size: { rows: string; line: string; start: string },
): Operand {
  const isDepthLast = layout === 'depthLast';
  const perValue = vectors ? ' / 4u' : '';
  const stride = isDepthLast ? `${tile.depth}u` : `${tile.depth}u * ${size.line}`;
  let fetches = 0;
  return {
    layout,
    start: () => '',
    startQuad: (r, row, depth) => {
      fetches = r + 1;
      const first = isDepthLast ? `${name}Row${r}` : `${name}Row${r} * 4u`;
      const index = isDepthLast
        ? `${name}Row${r} * ${size.line} + ${name}Depth${r}`
        : `${name}Depth${r} * ${size.line} + ${name}Row${r} * 4u`;
      return `
        var ${name}Depth${r} = ${depth};
        let ${name}Row${r} = ${row};
        var ${name}At${r} = (${size.start} + ${index})${perValue};
        if (${first} >= ${size.rows}) { ${name}Depth${r} = 0x80000000u; }`;
    },
    fetch: (r, target) => {
      const at = `${name}At${r}`;
      if (vectors) {
        return `${target} = vec4f(); if (${name}Depth${r} < depthEnd) { ${target} = ${name}[${at}]; }`;
      }
      const inside = (q: number) =>
        isDepthLast
          ? `${name}Depth${r} + ${q}u < depthEnd`
          : `${name}Depth${r} < depthEnd && ${name}Row${r} * 4u + ${q}u < ${size.rows}`;
      const reads = VALUES.map((q) => `if (${inside(q)}) { ${target}[${q}] = ${name}[${at} + ${q}u]; }`);
      return `${target} = vec4f(); ${reads.join(' ')}`;
    },
    advance: () =>
      Array.from(
        { length: fetches },
        (_, r) => `${name}Depth${r} += ${tile.depth}u; ${name}At${r} += (${stride})${perValue};`,
      ).join('\n'),
  };
}

/**
 * The windows of an image, each a row: a convolution's left operand, without the copy that holds them all (implicit GEMM).
 *
 * Wants declared: u32 `rows`, `rowsHeight`, `rowsWidth`, `tapsX`, `channels`; i32 `imageHeight`, `imageWidth`, `rowStrideY`, `rowStrideX`,
 * `originY`, `originX`, `tapStepY`, `tapStepX`. Row (rowY, rowX) reads pixel (rowY * rowStrideY + originY + tapY * tapStepY, ...) at tap
 * (tapY, tapX), zeros outside the image; the depth is [tap y][tap x][channel]. Declares, for the right operand, the tap at which the
 * thread is: `tapY`, `tapX` and `channelQuad`, or, by value, `tapYs`, `tapXs`, `channelsAt` (vec4u).
 */
export function gatheredImage({ name, vectors, tile }: OperandOptions): Operand {
  const depthQuads = tile.depth / 4;
  return {
    layout: 'depthLast',
    start: () => '',
    startQuad: (r, row, depth) => `
      ${r === 0 ? startTap(vectors, depth, depthQuads) : ''}
      var ${name}Y${r}: i32; var ${name}X${r}: i32; var ${name}Origin${r}: i32;
      {
        let row = ${row};
        let rest = row / rowsWidth;
        ${name}Y${r} = i32(rest % rowsHeight) * rowStrideY + originY;
        ${name}X${r} = i32(row % rowsWidth) * rowStrideX + originX;
        ${name}Origin${r} = ((i32(rest / rowsHeight) * imageHeight + ${name}Y${r}) * imageWidth + ${name}X${r}) * ${vectors ? 'channelQuads' : 'i32(channels)'};
        if (row >= rows) { ${name}Y${r} = ${NOWHERE}; }
      }`,
    fetch: (r, target) => {
      if (vectors) {
        return `${target} = vec4f();
          if (u32(${name}Y${r} + tapShiftY) < u32(imageHeight) && u32(${name}X${r} + tapShiftX) < u32(imageWidth)) {
            ${target} = ${name}[u32(${name}Origin${r} + tapOffset)];
          }`;
      }
      const reads = VALUES.map(
        (
          q,
        ) => `if (u32(${name}Y${r} + tapShiftYs[${q}]) < u32(imageHeight) && u32(${name}X${r} + tapShiftXs[${q}]) < u32(imageWidth)) {
            ${target}[${q}] = ${name}[u32(${name}Origin${r} + tapOffsets[${q}])];
          }`,
      );
      return `${target} = vec4f(); ${reads.join('\n')}`;
    },
    advance: () =>
      vectors
        ? `
      tapDepth += ${tile.depth}u;
      channelQuad += stepQuad; tapX += stepTapX; tapY += stepTapY;
      if (channelQuad >= u32(channelQuads)) { channelQuad -= u32(channelQuads); tapX += 1u; }
      if (tapX >= tapsX) { tapX -= tapsX; tapY += 1u; }
      ${SHIFT_TAP}`
        : `
      tapDepth += ${tile.depth}u;
      ${FIND_TAPS}`,
  };
}

const SHIFT_TAP = `
      tapShiftY = i32(tapY) * tapStepY;
      tapShiftX = i32(tapX) * tapStepX;
      tapOffset = (tapShiftY * imageWidth + tapShiftX) * channelQuads + i32(channelQuad);
      if (tapDepth >= depthEnd) { tapShiftY = ${NOWHERE}; }`;

const FIND_TAPS = `
      depthsAt = vec4u(tapDepth) + vec4u(0u, 1u, 2u, 3u);
      channelsAt = depthsAt % channels;
      tapXs = (depthsAt / channels) % tapsX;
      tapYs = (depthsAt / channels) / tapsX;
      tapShiftXs = vec4i(tapXs) * tapStepX;
      tapOffsets = (vec4i(tapYs) * tapStepY * imageWidth + tapShiftXs) * i32(channels) + vec4i(channelsAt);
      tapShiftYs = select(vec4i(tapYs) * tapStepY, vec4i(${NOWHERE}), depthsAt >= vec4u(depthEnd));`;

/** Where in the window the thread's quads begin: they are at one place of the depth. */
function startTap(vectors: boolean, depth: string, depthQuads: number): string {
  if (!vectors) {
    return `
      var tapDepth = ${depth};
      var depthsAt: vec4u; var channelsAt: vec4u; var tapXs: vec4u; var tapYs: vec4u;
      var tapShiftYs: vec4i; var tapShiftXs: vec4i; var tapOffsets: vec4i;
      ${FIND_TAPS}`;
  }
  return `
      let channelQuads = i32(channels / 4u);
      var tapDepth = ${depth};
      var channelQuad = (tapDepth / 4u) % u32(channelQuads);
      var tapX = ((tapDepth / 4u) / u32(channelQuads)) % max(tapsX, 1u);
      var tapY = ((tapDepth / 4u) / u32(channelQuads)) / max(tapsX, 1u);
      let stepQuad = ${depthQuads}u % u32(channelQuads);
      let stepTapX = (${depthQuads}u / u32(channelQuads)) % max(tapsX, 1u);
      let stepTapY = (${depthQuads}u / u32(channelQuads)) / max(tapsX, 1u);
      var tapShiftY: i32; var tapShiftX: i32; var tapOffset: i32;
      ${SHIFT_TAP}`;
}

/**
 * A filter [height, width, in, out] with its in-channels as columns and its taps' out-channels as the depth: the right operand of the
 * input's gradient, at the taps where the {@link gatheredImage} on the left is.
 *
 * Wants declared: u32 `columns` (in-channels), `filterWidth`, `firstTapY`, `firstTapX`, `tapEveryY`, `tapEveryX`: tap t of the product is
 * tap `firstTap + t * tapEvery` of the filter.
 */
export function tappedFilter({ name, vectors }: OperandOptions): Operand {
  const tapIndex = (y: string, x: string) =>
    `(firstTapY + ${y} * tapEveryY) * filterWidth + firstTapX + ${x} * tapEveryX`;
  return {
    layout: 'depthLast',
    start: () => '',
    startQuad: (r, row) => `let ${name}Column${r} = ${row};`,
    fetch: (r, target) => {
      if (vectors) {
        return `${target} = vec4f();
          if (tapDepth < depthEnd && ${name}Column${r} < columns) {
            ${target} = ${name}[((${tapIndex('tapY', 'tapX')}) * columns + ${name}Column${r}) * u32(channelQuads) + channelQuad];
          }`;
      }
      const reads = VALUES.map(
        (q) => `if (depthsAt[${q}] < depthEnd && ${name}Column${r} < columns) {
            ${target}[${q}] = ${name}[((${tapIndex(`tapYs[${q}]`, `tapXs[${q}]`)}) * columns + ${name}Column${r}) * channels + channelsAt[${q}]];
          }`,
      );
      return `${target} = vec4f(); ${reads.join('\n')}`;
    },
    advance: () => '',
  };
}

/**
 * The windows of an image with the pixels of the output as the depth: the left operand of the filter's gradient. Its rows are the
 * filter's taps and in-channels, [tap y][tap x][channel].
 *
 * Wants declared: u32 `rows`, `depthHeight`, `depthWidth` (the output's), `filterWidth`, `channels`; i32 `imageHeight`, `imageWidth`,
 * `strideY`, `strideX`, `dilationY`, `dilationX`, `padTop`, `padLeft`.
 */
export function imageColumns({ name, vectors, tile }: OperandOptions): Operand {
  let fetches = 0;
  return {
    layout: 'depthFirst',
    start: () => `
      let stepX = ${tile.depth}u % depthWidth;
      let stepY = (${tile.depth}u / depthWidth) % depthHeight;
      let stepImage = i32((${tile.depth}u / depthWidth) / depthHeight);`,
    startQuad: (r, row, depth) => {
      fetches = r + 1;
      return `${r === 0 ? startRows(name, vectors, row) : ''}
        var ${name}Depth${r} = ${depth};
        var ${name}X${r} = ${name}Depth${r} % depthWidth;
        var ${name}Y${r} = (${name}Depth${r} / depthWidth) % depthHeight;
        var ${name}Image${r} = i32((${name}Depth${r} / depthWidth) / depthHeight);`;
    },
    fetch: (r, target) => {
      const place = (tapY: string, tapX: string, channels: string, channel: string, component: string) => `
          let y = i32(${name}Y${r}) * strideY + ${tapY};
          let x = i32(${name}X${r}) * strideX + ${tapX};
          if (u32(y) < u32(imageHeight) && u32(x) < u32(imageWidth)) {
            ${target}${component} = ${name}[u32(((${name}Image${r} * imageHeight + y) * imageWidth + x) * ${channels} + ${channel})];
          }`;
      const reads = vectors
        ? place(`${name}TapY`, `${name}TapX`, 'channelQuads', `${name}Channel`, '')
        : VALUES.map(
            (q) =>
              `{ ${place(`${name}TapY[${q}]`, `${name}TapX[${q}]`, 'i32(channels)', `${name}Channel[${q}]`, `[${q}]`)} }`,
          ).join('\n');
      return `${target} = vec4f(); if (${name}Depth${r} < depthEnd) { ${reads} }`;
    },
    advance: () =>
      Array.from(
        { length: fetches },
        (_, r) => `
        ${name}Depth${r} += ${tile.depth}u;
        ${name}X${r} += stepX; ${name}Y${r} += stepY; ${name}Image${r} += stepImage;
        if (${name}X${r} >= depthWidth) { ${name}X${r} -= depthWidth; ${name}Y${r} += 1u; }
        if (${name}Y${r} >= depthHeight) { ${name}Y${r} -= depthHeight; ${name}Image${r} += 1; }`,
      ).join('\n'),
  };
}

/** The taps and channels of a thread's quad of rows: the same for all quads that it fetches. */
function startRows(name: string, vectors: boolean, row: string): string {
  if (vectors) {
    return `
      let channelQuads = i32(channels / 4u);
      let ${name}Quad = ${row};
      let ${name}Channel = i32(${name}Quad) % channelQuads;
      let ${name}Tap = i32(${name}Quad) / channelQuads;
      var ${name}TapY = (${name}Tap / i32(filterWidth)) * dilationY - padTop;
      let ${name}TapX = (${name}Tap % i32(filterWidth)) * dilationX - padLeft;
      if (${name}Quad * 4u >= rows) { ${name}TapY = ${NOWHERE}; }`;
  }
  return `
      let ${name}Rows = vec4u(4u * (${row})) + vec4u(0u, 1u, 2u, 3u);
      let ${name}Channel = vec4i(${name}Rows % channels);
      let ${name}Tap = ${name}Rows / channels;
      let ${name}TapY = select(
        vec4i(${name}Tap / filterWidth) * dilationY - padTop, vec4i(${NOWHERE}), ${name}Rows >= vec4u(rows));
      let ${name}TapX = vec4i(${name}Tap % filterWidth) * dilationX - padLeft;`;
}
