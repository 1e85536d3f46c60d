import { selectEngine, startWasm, type SelectedEngine } from '../src';
import { contractCases } from '../test/contract';

/** What the test calls in the page. */
export interface ContractPage {
  /** Threads that the engine got. */
  start(threads: number): Promise<number>;
  check(caseIndex: number): Promise<void>;
  select(): Promise<Pick<SelectedEngine, 'name' | 'reason' | 'passedOver'>>;
}

const cases = contractCases({ randomConvolutions: 20, smallNets: 20, steps: 100 });

const page: ContractPage = {
  start: async (threads) => (await startWasm({ threads })).threads,
  check: async (caseIndex) => cases[caseIndex]!.check('wasm'),
  select: async () => {
    const { name, reason, passedOver } = await selectEngine();
    return { name, reason, passedOver };
  },
};
Object.assign(globalThis, { contractPage: page });
