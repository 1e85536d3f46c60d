import { profileKernels } from '@zoo/engine';

import { startOurs } from './backends';
import type { Section } from './section';
import { createTrainer } from './training';

const TASKS = [
  { network: 'resnet50', size: 224, batch: 32, classes: 1000 },
  { network: 'resnet20', size: 32, batch: 128, classes: 10 },
];

/** Where the time of a step goes, shader by shader, and what a step sends to the card. */
export const profileSection: Section = {
  name: 'profile',
  budgetSeconds: 30,
  async run({ isSmall, report }) {
    await startOurs();
    for (const task of isSmall ? [{ network: 'resnet20', size: 8, batch: 2, classes: 10 }] : TASKS) {
      const trainer = createTrainer(task);
      const step = async (): Promise<void> => {
        const loss = trainer.step();
        await loss.data();
        loss.dispose();
      };
      await step();
      await step();
      const counted = await profileKernels(step, { timed: false });
      report({ ...task, ...counted, kernels: counted.kernels.length });
      const timed = await profileKernels(step);
      const milliseconds = timed.kernels.reduce((sum, kernel) => sum + (kernel.milliseconds ?? 0), 0);
      report({ ...task, kernelMilliseconds: milliseconds });
      for (const kernel of timed.kernels.slice(0, 60)) report({ network: task.network, kernel });
      trainer.dispose();
    }
  },
};
