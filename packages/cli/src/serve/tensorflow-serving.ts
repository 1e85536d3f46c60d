import { decodeBase64, isObject } from './read-request';
import { Refusal } from './refusal';

/** One input of TensorFlow Serving's REST: an encoded picture, or the values that the model reads. */
export type Instance =
  | { readonly kind: 'picture'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'values'; readonly values: Float32Array };

/** A request's inputs, and how the answer is to look: by rows (`instances`) or by columns (`inputs`). */
export interface PredictRequest {
  readonly instances: readonly Instance[];
  readonly isColumnar: boolean;
}

/**
 * The inputs of a body of TensorFlow Serving's predict call: `{"instances": [...]}` or `{"inputs": [...]}`, each input nested lists of
 * numbers in the model's shape, `{"b64": "..."}` with a picture, or an object that names one of these (`{"image": {"b64": "..."}}`).
 *
 * @param imageShape Of one input. [height, width, channels]
 * @throws Refusal 400 for anything else.
 */
export function parsePredict(body: unknown, imageShape: readonly [number, number, number]): PredictRequest {
  if (!isObject(body)) throw new Refusal(400, 'Expected a JSON object with `instances` or `inputs`.');
  const { instances, inputs, signature_name: signature } = body;
  if (signature !== undefined && signature !== 'serving_default')
    throw new Refusal(400, "Expected 'serving_default' as the signature's name, or none.");
  if ((instances === undefined) === (inputs === undefined))
    throw new Refusal(400, 'Expected one of `instances` and `inputs`.');
  const isColumnar = instances === undefined;
  const all = isColumnar ? unnamed(inputs) : instances;
  if (!Array.isArray(all) || all.length === 0)
    throw new Refusal(
      400,
      `Expected a list with at least one input for \`${isColumnar ? 'inputs' : 'instances'}\`.`,
    );
  return { instances: all.map((each) => instanceOf(unnamed(each), imageShape)), isColumnar };
}

/** The answer in the request's form. */
export function predictAnswer(outputs: readonly Float32Array[], { isColumnar }: PredictRequest): object {
  const rows = outputs.map((each) => [...each]);
  return isColumnar ? { outputs: rows } : { predictions: rows };
}

/** The one value of an object that names an input; the models here have one. */
function unnamed(value: unknown): unknown {
  if (!isObject(value) || 'b64' in value) return value;
  const [only, ...others] = Object.values(value);
  if (only === undefined || others.length > 0)
    throw new Refusal(400, 'Expected one input: the model has no others.');
  return only;
}

function instanceOf(value: unknown, imageShape: readonly [number, number, number]): Instance {
  if (isObject(value)) return { kind: 'picture', bytes: decodeBase64(value['b64']) };
  const values = new Float32Array(imageShape[0] * imageShape[1] * imageShape[2]);
  let at = 0;
  const fill = (part: unknown, [length, ...rest]: readonly number[]): void => {
    if (length === undefined) {
      if (typeof part !== 'number' || !Number.isFinite(Math.fround(part))) throw wrongShape(imageShape);
      values[at++] = part;
      return;
    }
    if (!Array.isArray(part) || part.length !== length) throw wrongShape(imageShape);
    for (const each of part) fill(each, rest);
  };
  fill(value, imageShape);
  return { kind: 'values', values };
}

function wrongShape(shape: readonly number[]): Refusal {
  return new Refusal(
    400,
    `Expected numbers in the shape [${shape.join(', ')}], or {"b64": "..."} with a picture, for each input.`,
  );
}
