// The functions that other packages call; the blocks' classes stay private. Named one by one in index.ts itself, they would keep all its exports in
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
