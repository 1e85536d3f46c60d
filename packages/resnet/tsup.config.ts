import { packageConfig } from '../../tsup.shared';

export default packageConfig(
  {
    index: 'src/index.ts',
    imagenet: 'src/imagenet.ts',
    node: 'src/node.ts',
    options: 'src/options.ts',
    catalogue: 'src/pretrained/catalogue.ts',
    'published-file-node': 'src/pretrained/published-file-node.ts',
    'published-file-browser': 'src/pretrained/published-file-browser.ts',
  },
  // Which of the two is read is decided where the package is installed (`imports` in package.json).
  { external: [/^node:/, /^#/] },
);
