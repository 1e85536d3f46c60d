import { pagePackageConfig } from '../../tsup.shared';

export default pagePackageConfig(
  {
    index: 'src/index.ts',
    'platform-node': 'src/platform/platform-node.ts',
    'platform-browser': 'src/platform/platform-browser.ts',
  },
  // Which of the two platforms is read is decided where the package is installed (`imports` in package.json).
  { external: [/^node:/, /^#/] },
);
