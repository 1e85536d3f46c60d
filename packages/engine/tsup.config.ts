import { pagePackageConfig } from '../../tsup.shared';

export default pagePackageConfig(
  {
    index: 'src/index.ts',
    node: 'src/node.ts',
    'platform-node': 'src/engines/wasm/platform-node.ts',
    'platform-browser': 'src/engines/wasm/platform-browser.ts',
  },
  // Node.js and bundlers choose the platform's file when they resolve the package's `imports`.
  { external: [/^node:/, '#platform'] },
);
