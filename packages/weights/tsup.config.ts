import { pagePackageConfig } from '../../tsup.shared';

export default pagePackageConfig(
  {
    index: 'src/index.ts',
    node: 'src/node.ts',
    options: 'src/loading-options.ts',
    'path-source-node': 'src/source/path-source-node.ts',
    'path-source-browser': 'src/source/path-source-browser.ts',
  },
  // Which of the two path sources is read is decided where the package is installed (`imports` in package.json).
  { external: [/^node:/, /^#/] },
);
