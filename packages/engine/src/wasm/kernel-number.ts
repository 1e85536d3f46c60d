/** Numbers of the compiled kernels: mirrored in assembly/tiles.ts. */
export const KERNEL_NUMBER = {
  packFilter: 0,
  gatheredProduct: 1,
  filterGradient: 2,
  add: 3,
  relu: 4,
  reluGradient: 5,
  fill: 6,
} as const;

/** A value of {@link KERNEL_NUMBER}. */
export type KernelNumber = (typeof KERNEL_NUMBER)[keyof typeof KERNEL_NUMBER];
