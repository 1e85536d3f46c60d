/** The part of a card before its text, which the Hub reads as YAML. */
const FRONT_MATTER = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/;

/**
 * The licence that a model's card names: `license` of its YAML, of several all of them, and `license_name` where that is `other`.
 *
 * @see https://huggingface.co/docs/hub/model-cards#specifying-a-license
 */
export function licenceOfCard(card: string): string | undefined {
  const lines = FRONT_MATTER.exec(card)?.[1]?.split(/\r?\n/) ?? [];
  const named = valuesOf(lines, 'license').join(', ');
  return licenceName(named === 'other' ? (valuesOf(lines, 'license_name')[0] ?? named) : named);
}

/** `value` if it can be a licence's name; what comes from strangers is printed. */
export function licenceName(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.+-][\w.+, -]{0,99}$/.test(value) ? value : undefined;
}

/** What stands behind a key of the outermost level: one value, or those of a list, `[a, b]` or a line each. */
function valuesOf(lines: readonly string[], key: string): string[] {
  const start = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (start === -1) return [];
  const inline = scalar(lines[start]!.slice(key.length + 1));
  if (inline !== '')
    return inline
      .replace(/^\[|\]$/g, '')
      .split(',')
      .map(scalar);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !/^\s*- /.test(line));
  return rest.slice(0, end === -1 ? undefined : end).map((line) => scalar(line.replace(/^\s*- /, '')));
}

/** A plain or quoted value without the comment behind it. */
function scalar(text: string): string {
  return text
    .replace(/(^|\s)#.*$/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2');
}
