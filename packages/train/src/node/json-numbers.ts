import type { JsonValue } from '@zoo/core';

const KEY = '$number';

/** JSON text that keeps infinities and values that are no number, which JSON alone turns into null. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'number' && !Number.isFinite(inner) ? { [KEY]: `${inner}` } : inner,
  );
}

/** What {@link stringifyJson} wrote. */
export function parseJson(text: string): JsonValue {
  return JSON.parse(text, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && Object.hasOwn(inner, KEY)
      ? Number((inner as Record<string, unknown>)[KEY])
      : inner,
  ) as JsonValue;
}
