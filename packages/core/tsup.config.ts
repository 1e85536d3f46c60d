import { packageConfig } from '../../tsup.shared';

export default packageConfig({ index: 'src/index.ts', options: 'src/options.ts', page: 'src/page.ts' });
