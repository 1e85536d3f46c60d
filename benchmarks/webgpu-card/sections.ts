import { contractSection } from './contract';
import { inferenceSections } from './inference';
import { machineSection } from './machine';
import { profileSection } from './profile';
import type { Section } from './section';
import { trainingSections } from './training';

export type { Section } from './section';

/** In the order of what matters most, since the last ones fall to the time limit first. */
export const SECTIONS: readonly Section[] = [
  machineSection,
  ...trainingSections,
  profileSection,
  ...inferenceSections,
  contractSection,
];
