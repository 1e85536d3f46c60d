import { pagePackageConfig } from '../../tsup.shared';

export default pagePackageConfig(
  {
    index: 'src/index.ts',
    imagenet: 'src/labels/imagenet.ts',
    options: 'src/options.ts',
    page: 'src/page.ts',
    'fetch-following-node': 'src/requests/fetch-following-node.ts',
    'fetch-following-browser': 'src/requests/fetch-following-browser.ts',
  },
  // Who follows redirects is decided where the package is installed (`imports` in package.json).
  { external: [/^node:/, /^#/] },
);
