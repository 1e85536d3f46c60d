// Fields of protocol buffers (https://protobuf.dev/programming-guides/encoding): a number and a wire type, then the value.

/** Some fields of a message, encoded. */
export type Fields = Uint8Array;

const [VARINT, FIXED_64, LENGTH, FIXED_32] = [0, 1, 2, 5];

/** Fields one behind the other. */
export function message(...fields: readonly Fields[]): Fields {
  return Buffer.concat(fields);
}

/** A whole number or a boolean; a negative one takes ten bytes. */
export function integer(field: number, value: number | boolean): Fields {
  return message(key(field, VARINT), base128(Number(value)));
}

/** Bytes, or a message within the message. */
export function bytes(field: number, value: Uint8Array): Fields {
  return message(key(field, LENGTH), base128(value.byteLength), value);
}

export function text(field: number, value: string): Fields {
  return bytes(field, new TextEncoder().encode(value));
}

export function double(field: number, value: number): Fields {
  return message(key(field, FIXED_64), new Uint8Array(Float64Array.of(value).buffer));
}

export function float(field: number, value: number): Fields {
  return message(key(field, FIXED_32), new Uint8Array(Float32Array.of(value).buffer));
}

/** A list of numbers, packed. */
export function doubles(field: number, values: readonly number[]): Fields {
  return bytes(field, new Uint8Array(Float64Array.from(values).buffer));
}

/** An entry of a map whose keys are texts. */
export function entry(field: number, name: string, value: Fields): Fields {
  return bytes(field, message(text(1, name), bytes(2, value)));
}

function key(field: number, wireType: number | undefined): Uint8Array {
  return base128(field * 8 + wireType!);
}

/** Seven bits a byte, the lowest first. */
function base128(value: number): Uint8Array {
  const result: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) result.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...result, Number(rest)]);
}
