import { packageConfig } from '../../tsup.shared';

export default packageConfig({
  index: 'src/index.ts',
  node: 'src/node.ts',
  options: 'src/options.ts',
  worker: 'src/worker.ts',
  distributed: 'src/distributed.ts',
});
