import type { Lesson } from '../../compute/compute-types';

import { Project, type ProjectPicture } from './project';

const FOLDER = 'teach';
const DESCRIPTION = 'project.json';

/** What `project.json` says: all but the bytes of pictures and networks, which are files beside it. */
interface Description {
  readonly classes: readonly {
    readonly id: string;
    readonly name: string;
    readonly pictures: readonly Omit<ProjectPicture, 'file' | 'thumbnail'>[];
  }[];
  readonly lessons: readonly (Omit<Lesson, 'file'> & { readonly id: string; readonly number: number })[];
  readonly current: string | null;
}

/** Keeps a project in the browser's own file system (OPFS), where no other site and no server sees it. */
export class ProjectStore {
  private pending: Promise<void> = Promise.resolve();
  private readonly written = new Set<string>();

  /** The project of the last visit; undefined without one, or where it is damaged. */
  async load(): Promise<Project | undefined> {
    const folder = await folderOf();
    const json = await fileIn(folder, DESCRIPTION);
    if (json === undefined) return undefined;
    const { classes, lessons, current } = JSON.parse(await json.text()) as Description;
    const project = new Project();
    for (const { id, name, pictures } of classes) {
      const whole = await Promise.all(
        pictures.map(async (picture) => {
          const file = await fileIn(folder, `${picture.id}.picture`);
          const thumbnail = await fileIn(folder, `${picture.id}.thumbnail`);
          return file && thumbnail && { ...picture, file, thumbnail };
        }),
      );
      project.classes.push({ id, name, pictures: whole.filter((picture) => picture !== undefined) });
    }
    for (const lesson of lessons) {
      const file = await fileIn(folder, `${lesson.id}.h5`);
      if (file !== undefined) project.lessons.push({ ...lesson, file });
    }
    project.current = project.lessons.find(({ id }) => id === current) ?? project.lessons.at(-1);
    for (const name of namesOf(project)) this.written.add(name);
    return project;
  }

  /** Writes what is new and removes what is gone; calls come one after the other. */
  save(project: Project): Promise<void> {
    const next = this.pending.then(async () => this.write(project));
    this.pending = next.catch(() => undefined);
    return next;
  }

  private async write(project: Project): Promise<void> {
    const folder = await folderOf();
    for (const [name, content] of contentsOf(project)) {
      if (this.written.has(name)) continue;
      await writeFile(folder, name, content);
      this.written.add(name);
    }
    // Written last, so that it never names a missing file.
    await writeFile(folder, DESCRIPTION, JSON.stringify(describe(project)));
    const kept = new Set(namesOf(project));
    for (const name of [...this.written].filter((each) => !kept.has(each))) {
      await folder.removeEntry(name).catch(() => undefined);
      this.written.delete(name);
    }
  }
}

function describe({ classes, lessons, current }: Project): Description {
  return {
    classes: classes.map(({ id, name, pictures }) => ({
      id,
      name,
      pictures: pictures.map((picture) => ({
        id: picture.id,
        name: picture.name,
        isHeldOut: picture.isHeldOut,
      })),
    })),
    // Its file stands beside the description.
    lessons: lessons.map((lesson) => ({ ...lesson, file: undefined })),
    current: current?.id ?? null,
  };
}

function* contentsOf({ classes, lessons }: Project): Generator<[name: string, content: Blob]> {
  for (const { id, file, thumbnail } of classes.flatMap(({ pictures }) => pictures)) {
    yield [`${id}.picture`, file];
    yield [`${id}.thumbnail`, thumbnail];
  }
  for (const { id, file } of lessons) yield [`${id}.h5`, file];
}

function namesOf(project: Project): string[] {
  return [...contentsOf(project)].map(([name]) => name);
}

async function folderOf(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

async function fileIn(folder: FileSystemDirectoryHandle, name: string): Promise<File | undefined> {
  try {
    return await (await folder.getFileHandle(name)).getFile();
  } catch {
    return undefined;
  }
}

async function writeFile(
  folder: FileSystemDirectoryHandle,
  name: string,
  content: Blob | string,
): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  const stream = await handle.createWritable();
  await stream.write(content);
  await stream.close();
}
