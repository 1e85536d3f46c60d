/** Longest JSON in a file that is parsed: its lists may take twenty times that in memory. The largest networks' are a few megabytes. */
export const MAXIMUM_JSON_BYTES = 16 * 1024 * 1024;

/** A JSON object whose fields are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for an object that is neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
