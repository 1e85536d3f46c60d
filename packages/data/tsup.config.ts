import { pagePackageConfig } from '../../tsup.shared';

export default pagePackageConfig({
  index: 'src/index.ts',
  node: 'src/node.ts',
  browser: 'src/browser.ts',
  options: 'src/options.ts',
});
