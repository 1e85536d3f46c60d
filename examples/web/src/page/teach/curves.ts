import type { LessonEvent } from '../../compute/compute-types';
import { element } from '../element';
import { percent } from '../shown-numbers';

type EpochEvent = Extract<LessonEvent, { kind: 'epoch' }>;

const WIDTH = 320;
const HEIGHT = 110;
const MARGIN = 8;
const SVG = 'http://www.w3.org/2000/svg';

/** One of the two drawings: what it is of, and how its values are told. */
interface Drawing {
  readonly title: string;
  readonly trained: (event: EpochEvent) => number;
  readonly heldOut: (event: EpochEvent) => number | undefined;
  readonly words: (value: number) => string;
  /** The value at the upper edge. */
  readonly top: (values: readonly number[]) => number;
}

const DRAWINGS: readonly Drawing[] = [
  {
    title: 'Accuracy',
    trained: ({ accuracy }) => accuracy,
    heldOut: ({ heldOutAccuracy }) => heldOutAccuracy,
    words: (value) => percent(value),
    top: () => 1,
  },
  {
    title: 'Loss',
    trained: ({ loss }) => loss,
    heldOut: ({ heldOutLoss }) => heldOutLoss,
    words: (value) => value.toFixed(3),
    top: (values) => Math.max(...values, 1e-6),
  },
];

/** Accuracy and loss over the epochs of a lesson, drawn as they come. */
export class Curves {
  private events: EpochEvent[] = [];
  private isDue = false;

  constructor(private readonly place: HTMLElement) {
    place.classList.add('curves');
  }

  clear(): void {
    this.events = [];
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  add(event: EpochEvent): void {
    this.events.push(event);
    if (this.isDue) return;
    this.isDue = true;
    // A lesson may have many epochs in a frame.
    requestAnimationFrame(() => {
      this.isDue = false;
      if (this.events.length === 0) return;
      this.place.hidden = false;
      this.place.replaceChildren(...DRAWINGS.map((drawing) => draw(drawing, this.events)));
    });
  }
}

function draw({ title, trained, heldOut, words, top }: Drawing, events: readonly EpochEvent[]): HTMLElement {
  const last = events.at(-1)!;
  const values = events.map(trained);
  const held = events.map(heldOut).filter((value) => value !== undefined);
  const highest = top([...values, ...held]);
  const figures = [`trained on ${words(trained(last))}`];
  const lastHeld = heldOut(last);
  if (lastHeld !== undefined) figures.push(`held out ${words(lastHeld)}`);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${title} after epoch ${last.epoch}: ${figures.join(', ')}`);
  svg.append(line('trained', values, last.epochs, highest), line('held', held, last.epochs, highest));
  return element(
    'figure',
    {},
    element(
      'figcaption',
      {},
      element('b', {}, title),
      ...figures.map((figure) => element('span', {}, figure)),
    ),
    svg,
  );
}

function line(name: string, values: readonly number[], epochs: number, highest: number): SVGElement {
  const polyline = document.createElementNS(SVG, 'polyline');
  const across = (index: number): number => MARGIN + ((WIDTH - 2 * MARGIN) * index) / Math.max(1, epochs - 1);
  const down = (value: number): number => HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (value / highest);
  // One epoch alone is a short line, since a point shows nothing.
  const points = values.length === 1 ? [values[0]!, values[0]!] : values;
  polyline.setAttribute(
    'points',
    points.map((value, index) => `${across(index).toFixed(1)},${down(value).toFixed(1)}`).join(' '),
  );
  polyline.setAttribute('class', name);
  return polyline;
}
