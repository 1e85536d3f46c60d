import { pagePackageConfig } from '../../tsup.shared';

export default pagePackageConfig({ index: 'src/index.ts', options: 'src/options.ts', page: 'src/page.ts' });
