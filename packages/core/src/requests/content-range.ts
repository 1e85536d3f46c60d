import { ZooError } from '../errors';

/** The header of a partial answer: the bytes `first` to `last` of `total`. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/** What a partial answer holds; undefined if it does not say so, or counts packed bytes, which are not those that arrive. */
export function contentRange(headers: Headers): ContentRange | undefined {
  if (headers.get('content-encoding') !== null) return undefined;
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(headers.get('content-range') ?? '');
  if (match === null) return undefined;
  const [first, last, total] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return [first, last, total].every(Number.isSafeInteger) ? { first, last, total } : undefined;
}

/** Throws ZooError 'download' if the server answers another range than was asked for. */
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
