import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { build, preview } from 'vite';

import { REAL_DATA, realData } from '../../../test-support/real-data';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The built page on a server of this machine. */
export interface ServedWebPage {
  readonly address: string;
  /** Paths that were asked for. */
  readonly asked: Set<string>;
  close(): Promise<void>;
}

/** Builds the page into `directory`, as `npm run build` does, and serves it as `npm run preview` does. */
export async function serveWebPage(directory: string): Promise<ServedWebPage> {
  // Vite builds for production by this variable, which vitest has set otherwise.
  const { NODE_ENV } = process.env;
  process.env['NODE_ENV'] = 'production';
  await build({ root: ROOT, logLevel: 'error', build: { outDir: directory, emptyOutDir: true } });
  process.env['NODE_ENV'] = NODE_ENV;
  const server = await preview({
    root: ROOT,
    logLevel: 'error',
    build: { outDir: directory },
    preview: { port: 0, host: '127.0.0.1' },
  });
  const asked = new Set<string>();
  server.httpServer.on('request', ({ url }: { url: string }) => asked.add(url.split('?')[0]!));
  const { port } = server.httpServer.address() as { port: number };
  return { address: `http://127.0.0.1:${port}/`, asked, close: async () => server.close() };
}

/** A page with what its console, its workers' and the policy complained of. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Opens the page and waits until a model is open. */
export async function openWebPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => complaints.push(message));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`The policy forbids ${violatedDirective}: ${blockedURI}`);
    });
  });
  await page.goto(address);
  await modelOpen(page);
  return { page, complaints };
}

/** Waits until the model is open that the page asks for. */
export async function modelOpen(page: Page): Promise<void> {
  await page.waitForFunction(() => document.getElementById('model-facts')!.textContent !== '');
  await page.locator('#model-progress').waitFor({ state: 'hidden' });
}

/** What the page says of a picture: class names with shares as they are shown, and as they were computed. */
export async function namePicture(
  page: Page,
  file: string | { name: string; mimeType: string; buffer: Buffer },
) {
  await page.evaluate(() => document.getElementById('answer')!.replaceChildren());
  await page.setInputFiles('#picture-file', file);
  await page.locator('.answer').first().waitFor();
  return answersOf(page);
}

/** The answers that are shown. */
export async function answersOf(page: Page) {
  return page.locator('.answer').evaluateAll((rows) =>
    rows.map((row) => ({
      className: row.querySelector('.name')!.textContent,
      probability: Number((row as HTMLElement).dataset['probability']),
    })),
  );
}

/** Gives a lesson with what is set, and waits until it is over. */
export async function train(page: Page): Promise<void> {
  await page.click('#train');
  await page.locator('#lesson-state', { hasText: /^(?!Done)/ }).waitFor();
  await page.locator('#lesson-state', { hasText: 'Done' }).waitFor();
}

/** Takes the taught network along in the format of this ending; the file's path. */
export async function download(page: Page, ending: string, directory: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: ending, exact: true }).click(),
  ]);
  const path = join(directory, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

/** A class with pictures of it. */
export interface PictureClass {
  readonly name: string;
  readonly files: readonly string[];
}

/** True where the real pictures are here; others are drawn. */
export const HAS_REAL_PICTURES = !realData('idenprof').isAbsent;

/** Pictures of some professions that no network here was trained on, or drawn ones where there are none. */
export async function pictureClasses(
  names: readonly string[],
  perClass: number,
  directory: string,
): Promise<PictureClass[]> {
  if (!HAS_REAL_PICTURES)
    return Promise.all(names.map((name, kind) => drawClass(name, kind, perClass, directory)));
  return names.map((name) => {
    const folder = join(REAL_DATA, 'idenprof/test', name);
    const files = readdirSync(folder).sort().slice(0, perClass);
    return { name, files: files.map((file) => join(folder, file)) };
  });
}

/** Stripes whose colour and direction are their class's, each a little other than the next. */
async function drawClass(
  name: string,
  kind: number,
  count: number,
  directory: string,
): Promise<PictureClass> {
  const side = 128;
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const pixels = Uint8Array.from({ length: side * side * 3 }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % side, Math.floor(at / 3 / side)];
      const wave = Math.sin(((kind % 2 === 0 ? x : y) * (kind + 1)) / 6 + index);
      return 128 + 90 * wave * ((at + kind) % 3 === 0 ? 1 : 0.2) + ((index * 13 + x * y) % 17);
    });
    const file = join(directory, `${name}-${index}.jpg`);
    await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(file);
    files.push(file);
  }
  return { name, files };
}
