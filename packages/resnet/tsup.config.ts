import { pagePackageConfig } from '../../tsup.shared';

export default pagePackageConfig(
  {
    index: 'src/index.ts',
    imagenet: 'src/imagenet.ts',
    node: 'src/node.ts',
    options: 'src/options.ts',
    published: 'src/pretrained/published-weights.ts',
    catalogue: 'src/pretrained/catalogue.ts',
    'hub-file-node': 'src/hub/hub-file-node.ts',
    'hub-file-browser': 'src/hub/hub-file-browser.ts',
    'published-file-node': 'src/pretrained/published-file-node.ts',
    'published-file-browser': 'src/pretrained/published-file-browser.ts',
  },
  // Which of the two is read is decided where the package is installed (`imports` in package.json).
  { external: [/^node:/, /^#/] },
);
