import type { ProductActivation } from '../../../kernels/fused-activation';
/** The declaration of a binding of floats, one by one or four at a time. */
export function floats(
  binding: number,
  access: 'read' | 'read_write',
  name: string,
  vectors: boolean,
): string {
  return `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${vectors ? 'vec4f' : 'f32'}>;`;
}

/** What {@link spread} asks of a device. */
export interface WorkgroupLimit {
  limit(name: 'maxComputeWorkgroupsPerDimension'): number;
}

/** Workgroups along x and y of which there are at least `count`: one axis may be too short. Shaders count `x + y * across`. */
export function spread(device: WorkgroupLimit, count: number): { across: number; down: number } {
  const across = Math.min(count, device.limit('maxComputeWorkgroupsPerDimension'));
  return { across, down: Math.ceil(count / across) };
}

/** The smallest power of two that is at least `value`. */
export function powerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}

/**
 * The activation of what the shader's variable `value` of a type holds, as an expression.
 *
 * By comparison, because `max` and `clamp` of WGSL may make a number of NaN: a network whose weights are NaN would go on as if it were sound.
 */
export function activated(activation: ProductActivation, value: string, type: 'f32' | 'vec4f'): string {
  if (activation === 'linear') return value;
  const positive = `select(${value}, ${type}(0.0), ${value} < ${type}(0.0))`;
  return activation === 'relu' ? positive : `select(${positive}, ${type}(6.0), ${value} > ${type}(6.0))`;
}
