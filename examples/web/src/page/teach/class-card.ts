import type { OpenCamera } from '../camera';
import { acceptDrops } from '../drop-zone';
import { element } from '../element';
import { attempt } from '../notices';
import { chosenFiles, type PlacedFile } from '../placed-files';
import { count } from '../shown-numbers';

import type { ProjectClass, ProjectPicture } from './project';

/** What a card asks for. */
export interface ClassCardActions {
  add(to: ProjectClass, files: readonly PlacedFile[]): Promise<void>;
  rename(renamed: ProjectClass, name: string): void;
  remove(removed: ProjectClass): void;
  removePicture(from: ProjectClass, picture: ProjectPicture): void;
  /** The address of a picture's thumbnail. */
  thumbnailOf(picture: ProjectPicture): string;
  /** True if the current lesson holds the picture for another class. */
  readonly isWrong: (picture: ProjectPicture) => boolean;
}

/** A class: its name, its pictures, and what adds to them. */
export function classCard(
  shown: ProjectClass,
  openCamera: OpenCamera,
  actions: ClassCardActions,
): HTMLElement {
  const name = element('input', {
    type: 'text',
    dir: 'auto',
    'aria-label': 'Name of the class',
    maxlength: 80,
    spellcheck: 'false',
  });
  name.value = shown.name;
  name.addEventListener('change', () => {
    actions.rename(shown, name.value.trim());
  });
  const input = element('input', {
    type: 'file',
    class: 'visually-hidden',
    accept: 'image/*',
    multiple: true,
    id: `files-${shown.id}`,
  });
  input.addEventListener('change', () => {
    attempt(async () => actions.add(shown, chosenFiles(input)));
  });
  const takeByCamera = (): void => {
    attempt(async () =>
      openCamera((file) => attempt(async () => actions.add(shown, [{ file, path: file.name }])), {
        isForOne: false,
      }),
    );
  };
  const card = element(
    'section',
    { class: 'class', 'aria-label': shown.name, 'data-drop': 'class' },
    element(
      'div',
      { class: 'class-head' },
      name,
      element(
        'button',
        {
          type: 'button',
          class: 'button small quiet',
          'aria-label': `Remove the class ${shown.name}`,
          onclick: () => actions.remove(shown),
        },
        'Remove',
      ),
    ),
    shown.pictures.length === 0
      ? element('p', { class: 'empty-class' }, 'Drop pictures here')
      : element(
          'ul',
          { class: 'pictures', tabindex: 0, 'aria-label': `Pictures of ${shown.name}` },
          ...shown.pictures.map((picture) => thumb(shown, picture, actions)),
        ),
    element('p', { class: 'facts' }, ...factsOf(shown, actions)),
    element(
      'div',
      { class: 'row tight' },
      element('label', { class: 'button small', for: input.id }, 'Add pictures'),
      input,
      element('button', { type: 'button', class: 'button small', onclick: takeByCamera }, 'Camera'),
    ),
  );
  acceptDrops(card, async (files) => actions.add(shown, files));
  return card;
}

/** How many pictures there are, and what their outlines mean. */
function factsOf({ pictures }: ProjectClass, { isWrong }: ClassCardActions): (Node | string)[] {
  if (pictures.length === 0) return ['No pictures yet'];
  const facts: (Node | string)[] = [count(pictures.length, 'picture')];
  const held = pictures.filter(({ isHeldOut }) => isHeldOut).length;
  const wrong = pictures.filter(isWrong).length;
  if (held > 0) facts.push(', ', element('span', { class: 'held-out-mark' }), `${held} held out`);
  if (wrong > 0)
    facts.push(
      ', ',
      element('span', { class: 'held-out-mark wrong-mark' }),
      `${wrong} held for another class`,
    );
  return facts;
}

function thumb(of: ProjectClass, picture: ProjectPicture, actions: ClassCardActions): HTMLElement {
  const isWrong = actions.isWrong(picture);
  const notes = [picture.isHeldOut ? ', held out' : '', isWrong ? ', held for another class' : ''].join('');
  return element(
    'li',
    { class: `thumb${picture.isHeldOut ? ' held-out' : ''}${isWrong ? ' wrong' : ''}` },
    element('img', { src: actions.thumbnailOf(picture), alt: `${picture.name}${notes}`, loading: 'lazy' }),
    element(
      'button',
      {
        type: 'button',
        'aria-label': `Remove ${picture.name}`,
        onclick: () => actions.removePicture(of, picture),
      },
      'Remove',
    ),
  );
}
