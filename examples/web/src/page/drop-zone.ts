import { showNotice } from './notices';
import { droppedFiles, type PlacedFile } from './placed-files';

/** Hands what is dropped on `zone` to `take`, and shows while it may be dropped. */
export function acceptDrops(zone: HTMLElement, take: (files: PlacedFile[]) => Promise<void>): void {
  zone.addEventListener('dragover', (event) => {
    event.preventDefault();
    event.stopPropagation();
    zone.classList.add('over');
  });
  for (const name of ['dragleave', 'drop']) {
    zone.addEventListener(name, () => {
      zone.classList.remove('over');
    });
  }
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer === null) return;
    droppedFiles(event.dataTransfer).then(take).catch(showNotice);
  });
}
