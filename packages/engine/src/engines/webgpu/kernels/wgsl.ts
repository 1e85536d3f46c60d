import type { WebgpuContext } from '../webgpu-context';

/** The declaration of a binding of floats, one by one or four at a time. */
export function floats(
  binding: number,
  access: 'read' | 'read_write',
  name: string,
  vectors: boolean,
): string {
  return `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${vectors ? 'vec4f' : 'f32'}>;`;
}

/** Workgroups along x and y of which there are at least `count`: one axis may be too short. Shaders count `x + y * across`. */
export function spread(context: WebgpuContext, count: number): { across: number; down: number } {
  const across = Math.min(count, context.limit('maxComputeWorkgroupsPerDimension'));
  return { across, down: Math.ceil(count / across) };
}

/** The smallest power of two that is at least `value`. */
export function powerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}
