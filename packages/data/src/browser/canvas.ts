/** What this package uses of a browser, so that its types need no DOM library. */

/** Anything a canvas can draw: ImageBitmap, HTMLImageElement, HTMLVideoElement, HTMLCanvasElement, OffscreenCanvas. */
export interface Drawable {
  readonly width: number;
  readonly height: number;
}

interface Bitmap extends Drawable {
  close(): void;
}

interface Context2d {
  drawImage(source: Drawable, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}

interface Canvas extends Drawable {
  getContext(kind: '2d', settings: { willReadFrequently: boolean }): Context2d | null;
}

interface BrowserGlobals {
  readonly OffscreenCanvas?: new (width: number, height: number) => Canvas;
  readonly document?: { createElement(name: 'canvas'): Canvas & { width: number; height: number } };
  createImageBitmap(
    blob: Blob,
    options: { imageOrientation: string; premultiplyAlpha: string; colorSpaceConversion: string },
  ): Promise<Bitmap>;
}

const browser = (): BrowserGlobals => globalThis as unknown as BrowserGlobals;

/** The picture in `blob`, turned upright (`from-image`) or as stored (`none`), with its values as they are stored. */
export function bitmapOf(blob: Blob, imageOrientation: 'from-image' | 'none'): Promise<Bitmap> {
  return browser().createImageBitmap(blob, {
    imageOrientation,
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'none',
  });
}

/** Red, green, blue and opacity of `source`, drawn at its own size. */
export function rgbaOf(source: Drawable, height: number, width: number): Uint8ClampedArray {
  const context = newCanvas(height, width).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('the browser gives no 2d context');
  context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}

function newCanvas(height: number, width: number): Canvas {
  const { OffscreenCanvas, document } = browser();
  if (OffscreenCanvas !== undefined) return new OffscreenCanvas(width, height);
  if (document === undefined) throw new Error('there is no canvas here; use @zoo/data or @zoo/data/node');
  return Object.assign(document.createElement('canvas'), { width, height });
}
