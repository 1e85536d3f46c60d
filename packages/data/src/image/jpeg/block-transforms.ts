/**
 * The discrete cosine transform of 8 x 8 blocks and its inverse in whole numbers, as libjpeg's accurate ones (jfdctint.c, jidctint.c) compute
 * them: Loeffler, Ligtenberg and Moschytz 1989, with 13 bits behind the point and 2 more between the two passes.
 */

const CONSTANT_BITS = 13;
const PASS_BITS = 2;

const fixed = (value: number): number => Math.round(value * (1 << CONSTANT_BITS));
const C0298 = fixed(0.298631336);
const C0390 = fixed(0.39018064);
const C0541 = fixed(0.5411961);
const C0765 = fixed(0.765366865);
const C0899 = fixed(0.899976223);
const C1175 = fixed(1.175875602);
const C1501 = fixed(1.50132111);
const C1847 = fixed(1.847759065);
const C1961 = fixed(1.96157056);
const C2053 = fixed(2.053119869);
const C2562 = fixed(2.562915447);
const C3072 = fixed(3.072711026);

/** Transforms `block` in place; the results are 8 times as large as the orthonormal transform's. [8, 8] */
export function forwardBlock(block: Int32Array): void {
  for (let row = 0; row < 64; row += 8) forwardLine(block, row, 1, CONSTANT_BITS - PASS_BITS, PASS_BITS);
  for (let column = 0; column < 8; column++) {
    forwardLine(block, column, 8, CONSTANT_BITS + PASS_BITS, -PASS_BITS);
  }
}

/** Transforms `block` back in place, divided by 8 once more. [8, 8] */
export function inverseBlock(block: Int32Array): void {
  for (let column = 0; column < 8; column++) inverseLine(block, column, 8, CONSTANT_BITS - PASS_BITS);
  for (let row = 0; row < 64; row += 8) inverseLine(block, row, 1, CONSTANT_BITS + PASS_BITS + 3);
}

const rounded = (value: number, bits: number): number => (value + (1 << (bits - 1))) >> bits;

function forwardLine(block: Int32Array, at: number, step: number, bits: number, scaleBits: number): void {
  const value = (place: number): number => block[at + place * step]!;
  const set = (place: number, result: number): void => {
    block[at + place * step] = result;
  };
  const [sum07, sum16, sum25, sum34] = [
    value(0) + value(7),
    value(1) + value(6),
    value(2) + value(5),
    value(3) + value(4),
  ];
  const [odd7, odd6, odd5, odd4] = [
    value(0) - value(7),
    value(1) - value(6),
    value(2) - value(5),
    value(3) - value(4),
  ];
  const [even0, even3] = [sum07 + sum34, sum07 - sum34];
  const [even1, even2] = [sum16 + sum25, sum16 - sum25];
  const scaled = (sum: number): number => (scaleBits > 0 ? sum << scaleBits : rounded(sum, -scaleBits));
  set(0, scaled(even0 + even1));
  set(4, scaled(even0 - even1));
  const turned = (even2 + even3) * C0541;
  set(2, rounded(turned + even3 * C0765, bits));
  set(6, rounded(turned - even2 * C1847, bits));
  const { z1, z2, z3, z4 } = oddTerms(odd4, odd5, odd6, odd7);
  set(7, rounded(odd4 * C0298 + z1 + z3, bits));
  set(5, rounded(odd5 * C2053 + z2 + z4, bits));
  set(3, rounded(odd6 * C3072 + z2 + z3, bits));
  set(1, rounded(odd7 * C1501 + z1 + z4, bits));
}

function inverseLine(block: Int32Array, at: number, step: number, bits: number): void {
  const value = (place: number): number => block[at + place * step]!;
  const turned = (value(2) + value(6)) * C0541;
  const [low, high] = [turned + value(2) * C0765, turned - value(6) * C1847];
  const [sum, difference] = [(value(0) + value(4)) * 8192, (value(0) - value(4)) * 8192];
  const evens = [sum + low, difference + high, difference - high, sum - low];
  const { z1, z2, z3, z4 } = oddTerms(value(7), value(5), value(3), value(1));
  const odds = [
    value(1) * C1501 + z1 + z4,
    value(3) * C3072 + z2 + z3,
    value(5) * C2053 + z2 + z4,
    value(7) * C0298 + z1 + z3,
  ];
  for (let place = 0; place < 4; place++) {
    block[at + place * step] = rounded(evens[place]! + odds[place]!, bits);
    block[at + (7 - place) * step] = rounded(evens[place]! - odds[place]!, bits);
  }
}

/** The products that the odd values share, in both directions. */
function oddTerms(first: number, second: number, third: number, fourth: number) {
  const z5 = (first + third + second + fourth) * C1175;
  return {
    z1: -(first + fourth) * C0899,
    z2: -(second + third) * C2562,
    z3: z5 - (first + third) * C1961,
    z4: z5 - (second + fourth) * C0390,
  };
}
