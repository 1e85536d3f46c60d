import { byId } from './element';
import { showNotice } from './notices';

/** Shows what the camera sees; every picture taken goes to `onPicture`, and the first one closes the dialog if `isForOne`. */
export type OpenCamera = (
  onPicture: (picture: File) => void,
  options: { readonly isForOne: boolean },
) => Promise<void>;

let opened: Camera | undefined;

/** The page's one camera. */
export function camera(): Camera {
  return (opened ??= new Camera());
}

/** The dialog that takes pictures by the camera. */
class Camera {
  private readonly dialog = byId('camera', HTMLDialogElement);
  private readonly video = byId('camera-video', HTMLVideoElement);
  private readonly state = byId('camera-state');
  private readonly take = byId('camera-take', HTMLButtonElement);
  private onPicture: (picture: File) => void = () => undefined;
  private isForOne = true;
  private taken = 0;

  constructor() {
    byId('camera-close').addEventListener('click', () => {
      this.dialog.close();
    });
    this.dialog.addEventListener('close', () => {
      this.stop();
    });
    this.take.addEventListener('click', () => {
      this.takePicture().catch(showNotice);
    });
  }

  async open(...[onPicture, { isForOne }]: Parameters<OpenCamera>): Promise<void> {
    this.onPicture = onPicture;
    this.isForOne = isForOne;
    this.taken = 0;
    this.take.disabled = true;
    this.state.textContent = 'Asking for the camera…';
    this.dialog.showModal();
    try {
      this.video.srcObject = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'environment' },
      });
      await this.video.play();
      this.take.disabled = false;
      this.state.textContent = '';
    } catch (error) {
      this.dialog.close();
      throw new Error(`The camera can't be used: ${(error as Error).message}. Choose a file instead.`);
    }
  }

  private async takePicture(): Promise<void> {
    const { videoWidth: width, videoHeight: height } = this.video;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    canvas.getContext('2d')!.drawImage(this.video, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, 'image/jpeg', 0.92);
    });
    if (blob === null) throw new Error('The camera gave no picture. Try again.');
    this.taken += 1;
    this.onPicture(new File([blob], `camera-${this.taken}.jpg`, { type: blob.type }));
    if (this.isForOne) this.dialog.close();
    else this.state.textContent = `${this.taken} taken`;
  }

  private stop(): void {
    for (const track of (this.video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
  }
}
