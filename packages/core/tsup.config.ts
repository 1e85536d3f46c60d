import { pagePackageConfig } from '../../tsup.shared';

export default pagePackageConfig({
  index: 'src/index.ts',
  imagenet: 'src/labels/imagenet.ts',
  options: 'src/options.ts',
  page: 'src/page.ts',
});
