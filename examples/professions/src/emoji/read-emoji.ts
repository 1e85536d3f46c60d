import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { ZooError } from '@zoo/core';

import { emojiName, PROFESSIONS, TONES, type ArtStyle, type Figure } from './art-styles';

/** One emoji: a drawing in one skin tone. */
export interface Emoji {
  readonly className: string;
  readonly style: string;
  readonly figure: Figure;
  readonly tone: string;
  /** Its name in the package. */
  readonly name: string;
  /** The content of an SVG picture. */
  readonly body: string;
  /** Width and height of what `body` is drawn in. */
  readonly size: number;
}

/** What is read of a package's icons.json: https://iconify.design/docs/types/iconify-json.html */
interface IconSet {
  readonly icons: Readonly<Record<string, { readonly body: string; readonly width?: number } | undefined>>;
  readonly width?: number;
}

const require = createRequire(import.meta.url);

/** The style's emoji of all professions, in an order that depends on nothing but the tables. */
export async function readEmoji(style: ArtStyle): Promise<Emoji[]> {
  const set = JSON.parse(
    await readFile(require.resolve(`${style.packageName}/icons.json`), 'utf8'),
  ) as IconSet;
  const emoji: Emoji[] = [];
  for (const [className, profession] of Object.entries(PROFESSIONS)) {
    for (const figure of style.figures) {
      for (const tone of TONES) {
        const name = emojiName(style, profession, figure, tone);
        const icon = set.icons[name];
        if (icon === undefined) {
          throw new ZooError(
            'invalid-file',
            `Expected the emoji '${name}' in ${style.packageName} but it has none. Run "npm ci" for the version that this example was written for.`,
          );
        }
        const size = icon.width ?? set.width ?? 16;
        emoji.push({ className, style: style.name, figure, tone, name, body: icon.body, size });
      }
    }
  }
  return emoji;
}

/** The version of each package, by its name. */
export async function packageVersions(names: readonly string[]): Promise<Record<string, string>> {
  const versions = await Promise.all(
    names.map(async (name): Promise<[string, string]> => {
      const file = await readFile(require.resolve(`${name}/package.json`), 'utf8');
      return [name, (JSON.parse(file) as { version: string }).version];
    }),
  );
  return Object.fromEntries(versions);
}
