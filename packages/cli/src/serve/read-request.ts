import { Refusal } from './refusal';

/** A picture as a request holds it. */
export interface SentPicture {
  readonly name: string;
  /** The file's bytes, or an address to read it from. */
  readonly source: Uint8Array<ArrayBuffer> | URL;
}

/**
 * The pictures of a request to `/predict`: multipart files, a picture's bytes as such, or JSON `{"image": "<base64>"}`, `{"images": [...]}`
 * and `{"url": "https://..."}`.
 *
 * @param bytes The request's body.
 * @throws Refusal 400 for a body that is not what its type says, 415 for another type.
 */
export async function picturesOf(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<SentPicture[]> {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'multipart/form-data') return filesOf(bytes, contentType);
  if (type === 'application/json') return jsonPictures(parseJson(bytes));
  if (type.startsWith('image/') || type === 'application/octet-stream') {
    if (bytes.length === 0) throw new Refusal(400, 'Expected a picture but the body is empty.');
    return [{ name: 'the picture', source: bytes }];
  }
  throw new Refusal(
    415,
    'Expected multipart/form-data, application/json, image/* or application/octet-stream as the content type.',
  );
}

async function filesOf(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<SentPicture[]> {
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new Refusal(400, 'Expected multipart/form-data but the body is none that can be read.');
  }
  const pictures: SentPicture[] = [];
  for (const [field, value] of form as unknown as Iterable<[string, string | File]>) {
    if (typeof value === 'string')
      throw new Refusal(400, 'Expected files alone in the form but received a text field.');
    pictures.push({ name: value.name || field, source: new Uint8Array(await value.arrayBuffer()) });
  }
  if (pictures.length === 0) throw new Refusal(400, 'Expected at least one file in the form.');
  return pictures;
}

/** A body as JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, 'Expected JSON in UTF-8 but the body is none.');
  }
}

function jsonPictures(body: unknown): SentPicture[] {
  const { image, images, url } = isObject(body) ? body : {};
  const given = [image, images, url].filter((each) => each !== undefined);
  if (given.length !== 1)
    throw new Refusal(400, 'Expected an object with one of `image`, `images` and `url`.');
  if (url !== undefined) return [{ name: 'the picture', source: expectAddress(url) }];
  const all = images === undefined ? [image] : images;
  if (!Array.isArray(all) || all.length === 0)
    throw new Refusal(400, 'Expected a list of pictures for `images`.');
  return all.map((each, index) => ({
    name: all.length === 1 ? 'the picture' : `picture ${index}`,
    source: decodeBase64(each),
  }));
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Bytes of base64, in either alphabet. */
export function decodeBase64(text: unknown): Uint8Array<ArrayBuffer> {
  if (typeof text !== 'string' || text === '' || !/^[\w+/-]+={0,2}$/.test(text))
    throw new Refusal(400, 'Expected a picture in base64, without a `data:` prefix.');
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function expectAddress(text: unknown): URL {
  const address = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol))
    throw new Refusal(400, 'Expected an http or https address for `url`.');
  return address;
}
