import { packageConfig } from '../../tsup.shared';

export default packageConfig({ index: 'src/index.ts', imagenet: 'src/imagenet.ts', node: 'src/node.ts' });
