import { packageConfig } from '../../tsup.shared';

export default packageConfig({
  index: 'src/index.ts',
  node: 'src/node.ts',
  browser: 'src/browser.ts',
  options: 'src/options.ts',
});
