import { ArgumentError, type AnyRow } from '@zoo/core/options';

const WASM_BINARIES = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const;

/** A build of tfjs-backend-wasm; which of them runs depends on the runtime and, in browsers, on the page. */
export type WasmBinary = (typeof WASM_BINARIES)[number];

/** The folder of tfjs-backend-wasm's .wasm files (a URL, in Node.js also a path), or where each of them lies. */
export type WasmLocation = string | Readonly<Record<WasmBinary, string>>;

/** The option that says where they lie. */
export const WASM_LOCATION = {
  type: 'any',
  expected: 'a folder, or an object with the places of the files',
  check: expectWasmLocation,
} as AnyRow<WasmLocation>;

function expectWasmLocation(argument: string, location: unknown): WasmLocation {
  if (typeof location === 'string') return location;
  const places = (typeof location === 'object' ? location : undefined) as Record<string, unknown> | undefined;
  if (WASM_BINARIES.every((name) => typeof places?.[name] === 'string')) return location as WasmLocation;
  throw new ArgumentError(
    argument,
    `a folder or an object with the places of ${WASM_BINARIES.join(', ')}`,
    location,
  );
}

/** `location` with the slash that ends a folder, without which the last part of a URL would be dropped. */
export function withFinalSlash(location: WasmLocation | undefined): WasmLocation | undefined {
  return typeof location === 'string' ? location.replace(/[^/]$/, '$&/') : location;
}
