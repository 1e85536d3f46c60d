import { packageConfig } from '../../tsup.shared';

export default packageConfig({ main: 'src/main.ts' }, { platform: 'node', dts: false });
