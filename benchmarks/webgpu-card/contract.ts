import { contractCases } from '../../packages/engine/test/contract';

import { startOurs } from './backends';
import type { Section } from './section';

/** The contract suite on the card, as far as the time goes. */
export const contractSection: Section = {
  name: 'contract',
  budgetSeconds: 60,
  async run({ isSmall, report, secondsLeft }) {
    await startOurs();
    const cases = contractCases().filter((_, index) => !isSmall || index % 60 === 0);
    let passed = 0;
    let failed = 0;
    for (const { name, check } of cases) {
      if (secondsLeft() <= 0) break;
      try {
        await check('webgpu');
        passed += 1;
      } catch (error) {
        failed += 1;
        report({ case: name, failed: error instanceof Error ? error.message.slice(0, 300) : String(error) });
      }
    }
    report({ result: 'contract', passed, failed, notReached: cases.length - passed - failed });
  },
};
