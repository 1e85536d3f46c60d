import type { Depth, ExportFormat, LessonEvent } from '../../compute/compute-types';
import type { OpenCamera } from '../camera';
import { acceptDrops } from '../drop-zone';
import { byId } from '../element';
import { attempt, showNotice } from '../notices';
import { chosenFiles, type PlacedFile } from '../placed-files';
import type { Session } from '../session';
import { count, duration } from '../shown-numbers';

import { classCard, type ClassCardActions } from './class-card';
import { Curves } from './curves';
import { Project, type ProjectClass, type ProjectPicture } from './project';
import { ProjectStore } from './project-store';
import { mistakesOf, showResults } from './results-view';

/** What the rest of the page hears of. */
export interface TeachEvents {
  /** A lesson begins, or is over. */
  onBusy(isBusy: boolean): void;
  /** The taught network is to name pictures: it is open. */
  onUse(): void;
}

/** Passes over the pictures that a lesson takes by default. */
const EPOCHS: Readonly<Record<Depth, number>> = { classifier: 60, lastStage: 8, everything: 8 };

/** Classes, pictures, lessons: what is taught, and how well. */
export class TeachView {
  private readonly store = new ProjectStore();
  private readonly curves = new Curves(byId('curves'));
  private readonly epochs = byId('epochs', HTMLInputElement);
  private readonly thumbnails = new Map<string, string>();
  private project = new Project();

  constructor(
    private readonly session: Session,
    private readonly openCamera: OpenCamera,
    private readonly events: TeachEvents,
  ) {
    byId('add-class').addEventListener('click', () => {
      this.addClass();
    });
    const folders = byId('class-folders', HTMLInputElement);
    folders.addEventListener('change', () => {
      attempt(async () => this.addFolders(chosenFiles(folders)));
    });
    byId('start-over').addEventListener('click', () => {
      this.project = new Project();
      this.curves.clear();
      this.changed();
    });
    byId('lesson-form').addEventListener('submit', (event) => {
      event.preventDefault();
      attempt(async () => this.train());
    });
    byId('lesson-form').addEventListener('change', (event) => {
      if ((event.target as HTMLInputElement).name === 'depth') this.epochs.value = `${EPOCHS[this.depth()]}`;
    });
    byId('stop').addEventListener('click', () => {
      attempt(async () => this.session.compute.stop());
    });
    byId('use-lesson').addEventListener('click', () => {
      attempt(async () => this.use());
    });
    acceptDrops(document.querySelector<HTMLElement>('[data-view="teach"]')!, async (files) =>
      this.addFolders(files),
    );
  }

  /** Shows the project of the last visit. */
  async restore(): Promise<void> {
    try {
      this.project = (await this.store.load()) ?? this.project;
    } finally {
      if (this.project.classes.length === 0) {
        this.project.addClass();
        this.project.addClass();
      }
      this.show();
    }
  }

  private addClass(): void {
    this.project.addClass();
    this.changed();
    const [name] = [...document.querySelectorAll<HTMLInputElement>('.class-head input')].slice(-1);
    name?.focus();
    name?.select();
  }

  /** Adds pictures to the classes that their folders are called after; those of no folder go to the last class. */
  private async addFolders(files: readonly PlacedFile[]): Promise<void> {
    const byFolder = new Map<string, PlacedFile[]>();
    for (const placed of files) {
      const folder = placed.path.split('/').at(-2) ?? '';
      byFolder.set(folder, [...(byFolder.get(folder) ?? []), placed]);
    }
    for (const [folder, own] of byFolder) await this.add(this.classFor(folder), own);
  }

  /** The class of a name: one that is there, an empty one that nobody has named, or a new one. */
  private classFor(folder: string): ProjectClass {
    const { classes } = this.project;
    if (folder === '') return classes.at(-1) ?? this.project.addClass();
    const found = classes.find(({ name }) => name === folder);
    if (found !== undefined) return found;
    const unnamed = classes.find(({ name, pictures }) => pictures.length === 0 && /^Class \d+$/.test(name));
    if (unnamed === undefined) return this.project.addClass(folder);
    unnamed.name = folder;
    return unnamed;
  }

  private async add(to: ProjectClass, files: readonly PlacedFile[]): Promise<void> {
    const refused: string[] = [];
    let reason = '';
    for (const [index, { file }] of files.entries()) {
      byId('project-state').textContent = `Reading ${index + 1} of ${files.length} for “${to.name}”…`;
      try {
        const thumbnail = await this.session.compute.thumbnail(file);
        this.project.addPicture(to, { name: file.name, file, thumbnail });
      } catch (error) {
        refused.push(file.name);
        reason = (error as Error).message;
      }
    }
    this.changed();
    if (refused.length === 0) return;
    const others = refused.length === 1 ? '' : ` (and ${refused.length - 1} more)`;
    showNotice(`No picture was made of ${refused[0]!}${others}: ${reason}`);
  }

  private async train(): Promise<void> {
    const missing = this.project.missing();
    if (missing !== undefined) throw new Error(missing);
    const depth = this.depth();
    const since = performance.now();
    this.setBusy(true);
    byId('lesson-state').textContent = 'Opening the network…';
    try {
      // Training more of the network continues from a classifier that knows the classes.
      if (depth !== 'classifier' && !this.project.isTaught())
        await this.lesson('classifier', EPOCHS.classifier);
      await this.lesson(depth, this.epochs.valueAsNumber);
      byId('lesson-state').textContent = `Done in ${duration(performance.now() - since)}.`;
    } catch (error) {
      if ((error as Error).message !== 'Stopped.') {
        byId('lesson-state').textContent = '';
        throw error;
      }
      byId('lesson-state').textContent = 'Stopped. The lesson before stays.';
    } finally {
      this.setBusy(false);
    }
  }

  private async lesson(depth: Depth, epochs: number): Promise<void> {
    const { project } = this;
    this.curves.clear();
    const classNames = project.classes.map(({ name }) => name);
    const startFrom = depth === 'classifier' ? undefined : project.current?.file;
    const request = {
      classNames,
      pictures: project.lessonPictures(),
      depth,
      epochs,
      ...(startFrom && { startFrom }),
    };
    const lesson = await this.session.compute.teach(this.session.base, request, (event) => {
      this.hear(event);
    });
    project.addLesson(lesson);
    this.changed();
  }

  private hear(event: LessonEvent): void {
    const progress = byId('lesson-progress', HTMLProgressElement);
    if (event.kind === 'reading') {
      byId('lesson-state').textContent = `Looking at ${count(event.total, 'new picture')}…`;
      progress.value = event.done / event.total;
      return;
    }
    byId('lesson-state').textContent = `Epoch ${event.epoch} of ${event.epochs}`;
    progress.value = event.epoch / event.epochs;
    this.curves.add(event);
  }

  /** Opens the current lesson's network to name pictures with. */
  private async use(): Promise<void> {
    const { current } = this.project;
    if (current === undefined) return;
    const title = `Lesson ${current.number}`;
    const file = new File([current.file], 'lesson.h5');
    await this.session.open({ kind: 'files', files: [file], title }, {}, true);
    this.events.onUse();
  }

  private async save(format: ExportFormat): Promise<void> {
    const { current } = this.project;
    if (current === undefined) return;
    const title = `taught-${current.number}`;
    const file =
      format === 'h5' ? current.file : await this.session.compute.convert(current.file, format, title);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = `${title}.${format}`;
    link.click();
    // The download has begun by then.
    setTimeout(() => {
      URL.revokeObjectURL(link.href);
    }, 60_000);
  }

  private depth(): Depth {
    return byId('lesson-form', HTMLFormElement).querySelector<HTMLInputElement>('[name="depth"]:checked')!
      .value as Depth;
  }

  private setBusy(isBusy: boolean): void {
    byId('train', HTMLButtonElement).disabled = isBusy;
    byId('stop').hidden = !isBusy;
    const progress = byId('lesson-progress', HTMLProgressElement);
    progress.hidden = !isBusy;
    progress.removeAttribute('value');
    this.events.onBusy(isBusy);
  }

  /** Shows the project as it is now, and keeps it. */
  private changed(): void {
    this.show();
    this.store.save(this.project).then(
      () => {
        const { classes, pictureCount } = this.project;
        byId('project-state').textContent =
          `${count(classes.length, 'class')}, ${count(pictureCount, 'picture')}; kept in this browser.`;
      },
      (error: unknown) =>
        showNotice(`The project can't be kept in this browser: ${(error as Error).message}`),
    );
  }

  private show(): void {
    const { project, openCamera } = this;
    const wrong = new Set(mistakesOf(project).map(({ picture }) => picture.id));
    const thumbnailOf = (picture: ProjectPicture): string => this.thumbnailOf(picture);
    const actions: ClassCardActions = {
      add: async (to, files) => this.add(to, files),
      rename: (renamed, name) => {
        renamed.name = name;
        this.changed();
      },
      remove: (removed) => {
        project.classes = project.classes.filter((each) => each !== removed);
        this.changed();
      },
      removePicture: (from, picture) => {
        from.pictures = from.pictures.filter((each) => each !== picture);
        this.changed();
      },
      thumbnailOf,
      isWrong: ({ id }) => wrong.has(id),
    };
    byId('classes').replaceChildren(...project.classes.map((each) => classCard(each, openCamera, actions)));
    showResults(project, {
      choose: (lesson) => {
        project.current = lesson;
        this.changed();
      },
      undo: () => {
        project.undoLesson();
        this.changed();
      },
      save: (format) => attempt(async () => this.save(format)),
      thumbnailOf,
    });
    this.forgetThumbnails();
  }

  private thumbnailOf({ id, thumbnail }: ProjectPicture): string {
    const address = this.thumbnails.get(id) ?? URL.createObjectURL(thumbnail);
    this.thumbnails.set(id, address);
    return address;
  }

  private forgetThumbnails(): void {
    const shown = new Set(this.project.classes.flatMap(({ pictures }) => pictures.map(({ id }) => id)));
    for (const [id, address] of this.thumbnails) {
      if (shown.has(id)) continue;
      URL.revokeObjectURL(address);
      this.thumbnails.delete(id);
    }
  }
}
