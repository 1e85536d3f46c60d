import type { Lesson, LessonPicture } from '../../compute/compute-types';

/** A picture of a class. */
export interface ProjectPicture {
  readonly id: string;
  readonly name: string;
  readonly file: Blob;
  readonly thumbnail: Blob;
  /** Never trained on. */
  readonly isHeldOut: boolean;
}

/** A class with its pictures. */
export interface ProjectClass {
  readonly id: string;
  name: string;
  pictures: ProjectPicture[];
}

/** A lesson that was given. */
export interface KeptLesson extends Lesson {
  readonly id: string;
  /** From 1, in the order of time. */
  readonly number: number;
}

/** Of five pictures the third is held out, so that three are enough for both. */
const PERIOD = 5;
const HELD_OUT_PLACE = 2;
/** Lessons that are kept to go back to; each is a whole network. */
const KEPT_LESSONS = 6;

/** Classes with their pictures, and what was taught of them. */
export class Project {
  classes: ProjectClass[] = [];
  lessons: KeptLesson[] = [];
  /** The lesson that is used, exported and gone on from. */
  current: KeptLesson | undefined;

  get pictureCount(): number {
    return this.classes.reduce((sum, { pictures }) => sum + pictures.length, 0);
  }

  addClass(name?: string): ProjectClass {
    const taken = new Set(this.classes.map((each) => each.name));
    let number = this.classes.length + 1;
    while (taken.has(`Class ${number}`)) number += 1;
    const added = { id: crypto.randomUUID(), name: name ?? `Class ${number}`, pictures: [] };
    this.classes.push(added);
    return added;
  }

  addPicture(to: ProjectClass, picture: Pick<ProjectPicture, 'name' | 'file' | 'thumbnail'>): ProjectPicture {
    const isHeldOut = to.pictures.length % PERIOD === HELD_OUT_PLACE;
    const added = { ...picture, id: crypto.randomUUID(), isHeldOut };
    to.pictures.push(added);
    return added;
  }

  addLesson(lesson: Lesson): KeptLesson {
    const number = (this.lessons.at(-1)?.number ?? 0) + 1;
    const added = { ...lesson, id: crypto.randomUUID(), number };
    this.lessons = [...this.lessons, added].slice(-KEPT_LESSONS);
    this.current = added;
    return added;
  }

  /** Takes the last lesson back; the one before is used again. */
  undoLesson(): void {
    this.lessons = this.lessons.slice(0, -1);
    this.current = this.lessons.at(-1);
  }

  /** Classes and pictures as a lesson takes them. */
  lessonPictures(): LessonPicture[] {
    return this.classes.flatMap(({ pictures }, label) =>
      pictures.map(({ id, file, isHeldOut }) => ({ id, file, label, isHeldOut })),
    );
  }

  /** What is still to be done before a lesson, as a sentence; undefined where nothing is. */
  missing(): string | undefined {
    if (this.classes.length < 2) return 'Two classes are needed to begin with.';
    const names = this.classes.map(({ name }) => name.trim());
    if (names.includes('')) return 'Every class needs a name.';
    if (new Set(names).size < names.length) return 'Two classes have the same name.';
    const empty = this.classes.find(
      ({ pictures }) => pictures.filter(({ isHeldOut }) => !isHeldOut).length < 2,
    );
    return empty && `“${empty.name}” needs at least two pictures.`;
  }

  /** True if the current lesson is of these classes, so that more of its network can be trained. */
  isTaught(): boolean {
    const names = this.classes.map(({ name }) => name);
    return JSON.stringify(this.current?.classNames) === JSON.stringify(names);
  }
}
