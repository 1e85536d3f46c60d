/** An emoji set, as one npm package holds it. */
export interface ArtStyle {
  /** Names the style in file names. */
  readonly name: string;
  /** The npm package with the drawings. */
  readonly packageName: string;
  /** The figures that each profession is drawn with in this set. */
  readonly figures: readonly Figure[];
  /** What the names of skin tones end in. */
  readonly toneSuffix: string;
}

/** Who is drawn: emoji have a neutral, a male and a female variant of each profession. */
export type Figure = 'person' | 'man' | 'woman';

/** The sets that the network trains on; its held-out pictures are drawings of these sets too. */
export const TRAINING_STYLES: readonly ArtStyle[] = [
  {
    name: 'noto',
    packageName: '@iconify-json/noto',
    figures: ['person', 'man', 'woman'],
    toneSuffix: '-skin-tone',
  },
  {
    name: 'noto-v1',
    packageName: '@iconify-json/noto-v1',
    // Its only neutral drawing, a police officer, is the man's once more.
    figures: ['man', 'woman'],
    toneSuffix: '-skin-tone',
  },
  {
    name: 'twemoji',
    packageName: '@iconify-json/twemoji',
    figures: ['person', 'man', 'woman'],
    toneSuffix: '-skin-tone',
  },
  {
    name: 'fluent',
    packageName: '@iconify-json/fluent-emoji-flat',
    figures: ['person', 'man', 'woman'],
    toneSuffix: '',
  },
];

/** The set that neither training nor the choice of the best epoch ever sees. */
export const UNSEEN_STYLE: ArtStyle = {
  name: 'openmoji',
  packageName: '@iconify-json/openmoji',
  figures: ['person', 'man', 'woman'],
  toneSuffix: '-skin-tone',
};

/** Classes, under the names that IdenProf gives them where it has them, and the profession that emoji draw. */
export const PROFESSIONS: Readonly<Record<string, string>> = {
  chef: 'cook',
  doctor: 'health-worker',
  engineer: 'technologist',
  farmer: 'farmer',
  firefighter: 'firefighter',
  judge: 'judge',
  mechanic: 'mechanic',
  pilot: 'pilot',
  police: 'police-officer',
  teacher: 'teacher',
};

/** Skin tones, from none (drawn yellow) to dark. */
export const TONES = ['', 'light', 'medium-light', 'medium', 'medium-dark', 'dark'] as const;

/** The name that an emoji has in its package: `woman-police-officer-medium-skin-tone`. */
export function emojiName(style: ArtStyle, profession: string, figure: Figure, tone: string): string {
  const who = figure === 'person' ? profession : `${figure}-${profession}`;
  return tone === '' ? who : `${who}-${tone}${style.toneSuffix}`;
}
