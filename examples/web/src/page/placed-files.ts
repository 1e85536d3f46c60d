/** A file that the visitor chose or dropped, with its folders. */
export interface PlacedFile {
  readonly file: File;
  /** Its name, behind those of its folders: `pets/cats/1.jpg`. */
  readonly path: string;
}

/** Files of an `<input type="file">`. */
export function chosenFiles(input: HTMLInputElement): PlacedFile[] {
  const files = [...(input.files ?? [])].map((file) => ({
    file,
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
  }));
  // So that choosing the same file again fires the event.
  input.value = '';
  return files.filter(isShown);
}

/** Files of a drop, those in folders included; to be called while the event is handled. */
export async function droppedFiles(transfer: DataTransfer): Promise<PlacedFile[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  const found =
    entries.length > 0
      ? (await Promise.all(entries.map(filesWithin))).flat()
      : [...transfer.files].map((file) => ({ file, path: file.name }));
  return found.filter(isShown).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Hidden files and folders are the system's. */
const isShown = ({ path }: PlacedFile): boolean => !path.split('/').some((part) => part.startsWith('.'));

async function filesWithin(entry: FileSystemEntry): Promise<PlacedFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: PlacedFile[] = [];
  // A reader gives some entries at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return found;
    found.push(...(await Promise.all(some.map(filesWithin))).flat());
  }
}
