/** Numbers of the compiled kernels: mirrored in assembly/tiles.ts. */
export const KERNEL_NUMBER = {
  packFilter: 0,
  gatheredProduct: 1,
  filterGradient: 2,
  add: 3,
  relu: 4,
  reluGradient: 5,
  fill: 6,
  columnSums: 7,
  addBlocks: 8,
  columnMoments: 9,
  batchMoments: 10,
  affine: 11,
  gradientSums: 12,
  gradientCoefficients: 13,
  inputGradient: 14,
  maxPool: 15,
  averagePool: 16,
  maxPoolGradient: 17,
  averagePoolGradient: 18,
  sgd: 19,
  adamW: 20,
  winogradFilter: 21,
  winogradProduct: 22,
  winogradFilterGradient: 23,
  depthwiseInputGradient: 24,
  depthwiseFilterGradient: 25,
} as const;

/** A value of {@link KERNEL_NUMBER}. */
export type KernelNumber = (typeof KERNEL_NUMBER)[keyof typeof KERNEL_NUMBER];
