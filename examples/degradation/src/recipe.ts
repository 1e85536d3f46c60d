/** How every network is trained: all alike, so that only depth and shortcuts differ. */
export interface Recipe {
  /** Training pictures of each class; all without. */
  readonly perClass?: number;
  /** Test pictures of each class; all without. */
  readonly testPerClass?: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Divided by 10 after half and after three quarters of all updates. */
  readonly learningRate: number;
  /** Residual branches begin as zeros (Goyal et al. 2017, section 5.1): short trainings need not wait for them. Default false. */
  readonly zeroInitResidual?: boolean;
}

/** The paper's (section 4.2): 64,000 updates of 128 pictures, whose last rate drops come after 32,000 and 48,000. */
export const PAPER: Recipe = { epochs: 164, batchSize: 128, learningRate: 0.1 };

/** About ten minutes of two CPU cores that do nothing else, by the time that its epochs take. */
export const QUICK: Recipe = {
  perClass: 250,
  testPerClass: 100,
  epochs: 10,
  batchSize: 32,
  learningRate: 0.05,
  zeroInitResidual: true,
};
