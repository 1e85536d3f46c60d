import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import type { HostTensor } from '@zoo/weights';

/** Tensors on the host by name. */
export type HostTensors = ReadonlyMap<string, HostTensor>;

/** A copy of a tensor's values on the host; later updates of the tensor leave it alone. */
export async function readValues(tensor: tf.Tensor): Promise<HostTensor> {
  const values = await tensor.data<'float32'>();
  return { shape: [...tensor.shape], values: Float32Array.from(values) };
}

/** Copies of many tensors' values. */
export async function readAllValues(
  tensors: Iterable<readonly [name: string, tensor: tf.Tensor]>,
): Promise<HostTensors> {
  const result = new Map<string, HostTensor>();
  for (const [name, tensor] of tensors) result.set(name, await readValues(tensor));
  return result;
}

/**
 * Throws unless there is a value of the right shape for each variable, and no other.
 *
 * @param what What the values are, as the error's subject: "The checkpoint's weights".
 * @throws ZooError `weights-mismatch` that lists the names that are missing, unexpected or of another shape.
 */
export function expectSameNames(
  what: string,
  variables: ReadonlyMap<string, tf.Variable>,
  values: HostTensors,
): void {
  const problems = listMismatches(variables, values);
  if (problems.length === 0) return;
  const shown = problems.slice(0, 8).join('; ');
  const rest = problems.length > 8 ? `; and ${problems.length - 8} more` : '';
  throw new ZooError(
    'weights-mismatch',
    `${what} do not fit this model: ${shown}${rest}. Build the same model with the same layer names.`,
  );
}

/** Sets variables to the values of their names. */
export function assignAllValues(variables: ReadonlyMap<string, tf.Variable>, values: HostTensors): void {
  for (const [name, variable] of variables) {
    const { shape, values: data } = values.get(name)!;
    // tfjs keeps the array it is given on some engines: hand it one of its own.
    const tensor = tf.tensor(Float32Array.from(data), [...shape], 'float32');
    variable.assign(tensor);
    tensor.dispose();
  }
}

function listMismatches(variables: ReadonlyMap<string, tf.Variable>, values: HostTensors): string[] {
  const problems: string[] = [];
  for (const [name, variable] of variables) {
    const saved = values.get(name);
    if (saved === undefined) problems.push(`'${name}' is missing`);
    else if (saved.shape.join() !== variable.shape.join()) {
      problems.push(
        `'${name}' has shape [${saved.shape.join(', ')}] instead of [${variable.shape.join(', ')}]`,
      );
    }
  }
  for (const name of values.keys()) {
    if (!variables.has(name)) problems.push(`'${name}' is unexpected`);
  }
  return problems;
}
