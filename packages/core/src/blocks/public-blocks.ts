// What others build with; the classes of these blocks stay here. Named one by one in index.ts itself, they would keep all that it exports in
// one piece, which esbuild loads into every page at once.
export {
  basicBlock,
  bottleneckBlock,
  preActivationBasicBlock,
  preActivationBottleneckBlock,
  type PaddedShortcut,
  type ResidualBlock,
  type ResidualBlockOptions,
  type Shortcut,
} from './residual-block';
