import { EXPORT_FORMATS, type Depth, type ExportFormat } from '../../compute/compute-types';
import { byId, element } from '../element';
import { count, duration, percent } from '../shown-numbers';

import type { KeptLesson, Project, ProjectPicture } from './project';

const DEPTH_NAMES: Readonly<Record<Depth, string>> = {
  classifier: 'Classifier',
  lastStage: 'Last stage',
  everything: 'Everything',
};

/** What the results ask for. */
export interface ResultActions {
  choose(lesson: KeptLesson): void;
  undo(): void;
  save(format: ExportFormat): void;
  thumbnailOf(picture: ProjectPicture): string;
}

/** A picture that the network holds for another class. */
export interface Mistake {
  readonly picture: ProjectPicture;
  readonly className: string;
  readonly saidName: string;
  readonly probability: number;
}

/** The pictures that the current lesson holds for another class than they are in now, those that it is surest of first. */
export function mistakesOf({ classes, current }: Project): Mistake[] {
  if (current === undefined) return [];
  const answers = new Map(current.answers.map((answer) => [answer.id, answer]));
  return classes
    .flatMap(({ name, pictures }) =>
      pictures.flatMap((picture) => {
        const answer = answers.get(picture.id);
        const saidName = answer && current.classNames[answer.label];
        if (saidName === undefined || saidName === name) return [];
        return [{ picture, className: name, saidName, probability: answer!.probability }];
      }),
    )
    .sort((a, b) => b.probability - a.probability);
}

/** How good the current lesson is, what it holds for wrong, the lessons side by side, and the files to take along. */
export function showResults(project: Project, actions: ResultActions): void {
  const { current, lessons } = project;
  byId('results').hidden = current === undefined;
  if (current === undefined) return;
  const { heldOutAccuracy, heldOutCount } = current;
  byId('result-figure').textContent = heldOutAccuracy === undefined ? '–' : percent(heldOutAccuracy);
  byId('result-words').textContent =
    heldOutAccuracy === undefined
      ? 'No picture is held out: add a third one to a class.'
      : `of ${count(heldOutCount, 'held-out picture')} named right`;
  byId('wrong').replaceChildren(...mistakeList(mistakesOf(project), actions));
  byId('lessons').replaceChildren(lessonTable(lessons, current, actions));
  byId('exports').replaceChildren(
    ...EXPORT_FORMATS.map((format) =>
      element(
        'button',
        { type: 'button', class: 'button small', onclick: () => actions.save(format) },
        `.${format}`,
      ),
    ),
  );
}

function mistakeList(mistakes: readonly Mistake[], actions: ResultActions): Node[] {
  if (mistakes.length === 0)
    return [element('p', { class: 'facts' }, 'It holds no picture for another class.')];
  return [
    element('h3', {}, `Held for another class: ${mistakes.length}`),
    element(
      'ul',
      { class: 'mistakes', tabindex: 0, 'aria-label': 'Pictures that it holds for another class' },
      ...mistakes.map(({ picture, className, saidName, probability }) =>
        element(
          'li',
          { class: 'mistake' },
          element('img', { src: actions.thumbnailOf(picture), alt: picture.name }),
          element(
            'span',
            {},
            element('bdi', {}, className),
            ', taken for ',
            element('bdi', { class: 'strong' }, saidName),
            ` (${percent(probability, 0)})${picture.isHeldOut ? ', held out' : ''}`,
          ),
        ),
      ),
    ),
  ];
}

function lessonTable(
  lessons: readonly KeptLesson[],
  current: KeptLesson,
  actions: ResultActions,
): HTMLElement {
  const rows = lessons.map((lesson) => {
    const radio = element('input', {
      type: 'radio',
      name: 'lesson',
      'aria-label': `Use lesson ${lesson.number}`,
      onchange: () => actions.choose(lesson),
    });
    radio.checked = lesson === current;
    return element(
      'tr',
      {},
      element('td', {}, radio),
      element('th', { scope: 'row' }, `${lesson.number}. ${DEPTH_NAMES[lesson.depth]}`),
      element(
        'td',
        { class: 'number' },
        lesson.heldOutAccuracy === undefined ? '–' : percent(lesson.heldOutAccuracy),
      ),
      element('td', { class: 'number' }, `${lesson.pictureCount}`),
      element('td', { class: 'number' }, duration(lesson.durationMs)),
    );
  });
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'Use'),
    element('th', { scope: 'col' }, 'Lesson'),
    element('th', { scope: 'col', class: 'number' }, 'Held out'),
    element('th', { scope: 'col', class: 'number' }, 'Pictures'),
    element('th', { scope: 'col', class: 'number' }, 'Time'),
  );
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Lessons, side by side' },
    element(
      'table',
      {},
      element('caption', {}, 'Lessons'),
      element('thead', {}, head),
      element('tbody', {}, ...rows),
    ),
    element(
      'button',
      { type: 'button', class: 'button small quiet', onclick: () => actions.undo() },
      'Undo the last lesson',
    ),
  );
}
