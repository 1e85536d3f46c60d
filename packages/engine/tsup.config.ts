import { pagePackageConfig } from '../../tsup.shared';

export default pagePackageConfig(
  {
    index: 'src/index.ts',
    node: 'src/node.ts',
    'platform-node': 'src/engines/wasm/platform-node.ts',
    'platform-browser': 'src/engines/wasm/platform-browser.ts',
    'tensorflow-node': 'src/engines/tensorflow/start-tensorflow.ts',
    'tensorflow-browser': 'src/engines/tensorflow/no-tensorflow.ts',
  },
  // Node.js and bundlers choose the platform's file when they resolve the package's `imports`.
  { external: [/^node:/, /^#/] },
);
