import { ZooError } from '../errors';

/** The header of a partial answer: the bytes `first` to `last` of `total`. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/**
 * The range of a partial answer; undefined if the answer does not state it, or counts compressed bytes, which differ from those that
 * arrive.
 */
export function contentRange(headers: Headers): ContentRange | undefined {
  if (headers.get('content-encoding') !== null) return undefined;
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(headers.get('content-range') ?? '');
  if (match === null) return undefined;
  const [first, last, total] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return [first, last, total].every(Number.isSafeInteger) ? { first, last, total } : undefined;
}

/** Throws ZooError 'download' if the server answers with another range than the requested one. */
export function expectRange(
  name: string,
  { first, last, total }: ContentRange,
  asked: { readonly first: number; readonly last: number },
): void {
  if (first === asked.first && last === asked.last) return;
  throw new ZooError(
    'download',
    `Expected bytes ${asked.first} to ${asked.last} of ${name} but the server answered ${first} to ${last} of ${total}. Load the file another way.`,
  );
}
