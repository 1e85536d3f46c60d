import type { ClassProbability } from '@zoo/classify';

import type { Heat } from '../compute/compute-types';
import { WorkerEnded } from '../worker-calls';

import type { OpenCamera } from './camera';
import { acceptDrops } from './drop-zone';
import { byId, element } from './element';
import { holdModel } from './model-files';
import { attempt, clearNotices, showNotice } from './notices';
import { chosenFiles, type PlacedFile } from './placed-files';
import { drawPixels } from './rgba-canvas';
import type { Session } from './session';
import { duration, percent } from './shown-numbers';

/** A picture, what the model says of it, and where it sees that. */
export class ClassifyView {
  private readonly picture = byId('picture', HTMLCanvasElement);
  private readonly heat = byId('heat', HTMLCanvasElement);
  private readonly strength = byId('heat-strength', HTMLInputElement);
  private file: File | undefined;
  /** The picture that is being answered, and how often one was asked for. */
  private asked: File | undefined;
  private turn = 0;
  private best: string | undefined;
  private drawn: Heat | undefined;
  private isExplaining = false;

  constructor(
    private readonly session: Session,
    openCamera: OpenCamera,
    private readonly onModel: (files: readonly PlacedFile[]) => Promise<void>,
  ) {
    const input = byId('picture-file', HTMLInputElement);
    input.addEventListener('change', () => {
      attempt(async () => this.take(chosenFiles(input)));
    });
    byId('picture-camera').addEventListener('click', () => {
      attempt(async () => openCamera((file) => attempt(async () => this.show(file)), { isForOne: true }));
    });
    acceptDrops(document.querySelector<HTMLElement>('[data-view="classify"]')!, async (files) => {
      clearNotices();
      await this.take(files);
    });
    document.addEventListener('paste', (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (file !== undefined && this.isShown()) attempt(async () => this.show(file));
    });
    this.strength.addEventListener('input', () => {
      this.showHeat();
    });
  }

  /** Names the picture that was asked for last anew: the model or the engine has changed. */
  async again(): Promise<void> {
    const file = this.asked ?? this.file;
    if (file !== undefined) await this.show(file);
  }

  private async take(files: readonly PlacedFile[]): Promise<void> {
    if (holdModel(files)) return this.onModel(files);
    const [first] = files;
    if (first !== undefined) await this.show(first.file);
  }

  private async show(file: File): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    this.asked = file;
    // What was asked for since counts: this answer, or what is wrong with this picture, is of no interest any more. And where another engine
    // was chosen meanwhile, the picture is asked for again once that has the model open.
    const answer = await this.session.compute.classify(file).catch((error: unknown) => {
      if (turn !== this.turn || error instanceof WorkerEnded) return undefined;
      this.asked = undefined;
      throw error;
    });
    if (answer === undefined || turn !== this.turn) return;
    const { predictions, shown, decodingMs, answeringMs } = answer;
    this.asked = undefined;
    this.file = file;
    this.drawn = undefined;
    this.best = predictions[0]?.className;
    byId('stage-empty').hidden = true;
    this.heat.hidden = true;
    drawPixels(this.picture, shown);
    this.picture.setAttribute('aria-label', `Picture: ${file.name}`);
    showAnswers(byId('answer'), predictions);
    const timing = byId('timing');
    timing.textContent = `Answered in ${duration(answeringMs)}, read in ${duration(decodingMs)}`;
    timing.hidden = false;
    byId('heat-control').hidden = false;
    this.showHeat();
  }

  /** Lays the heat map over the picture as strongly as the slider says; it is computed when it is first asked for. */
  private showHeat(): void {
    const strength = Number(this.strength.value);
    byId('heat-value').textContent = `${strength} %`;
    this.heat.style.opacity = `${strength / 100}`;
    if (strength === 0 && this.drawn === undefined) return;
    if (this.drawn === undefined) this.explain().catch(showNotice);
  }

  private async explain(): Promise<void> {
    const { file, best } = this;
    if (this.isExplaining || best === undefined) return;
    this.isExplaining = true;
    try {
      const heat = await this.session.compute.explain(best);
      if (this.file !== file) return;
      this.drawn = heat;
      drawPixels(this.picture, heat.seen);
      drawPixels(this.heat, heat.colors);
      const note = byId('heat-note');
      note.textContent = `Bright where the picture speaks for “${heat.className}” (Grad-CAM). Shown is the part that the network sees.`;
      note.hidden = false;
    } finally {
      this.isExplaining = false;
    }
  }

  private isShown(): boolean {
    return !document.querySelector<HTMLElement>('[data-view="classify"]')!.hidden;
  }
}

function showAnswers(place: HTMLElement, predictions: readonly ClassProbability[]): void {
  const rows = predictions.map(({ className, probability }) => {
    const filled = element('span');
    filled.style.inlineSize = `${100 * probability}%`;
    return element(
      'li',
      { class: 'answer', 'data-probability': probability },
      element('span', { class: 'name', dir: 'auto' }, className),
      element('span', { class: 'share' }, percent(probability)),
      element('div', { class: 'bar', 'aria-hidden': 'true' }, filled),
    );
  });
  place.replaceChildren(element('ol', { class: 'answers' }, ...rows));
}
