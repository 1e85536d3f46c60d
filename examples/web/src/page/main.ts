import { ENGINE_CHOICES, type EngineChoice } from '../compute/compute-types';

import type { OpenCamera } from './camera';
import { ClassifyView } from './classify-view';
import { byId } from './element';
import { ModelPanel } from './model-panel';
import { attempt, showNotice } from './notices';
import { Session } from './session';
import { showViewOfAddress } from './views';

const search = new URLSearchParams(location.search);
// For languages that are written from the right; class names find their own direction.
if (search.get('dir') === 'rtl') document.documentElement.dir = 'rtl';

// Fetched when somebody asks for it.
const openCamera: OpenCamera = async (onPicture, options) => {
  const { camera } = await import('./camera');
  await camera().open(onPicture, options);
};
const panel = new ModelPanel(() => session);
const session = new Session({
  onOpening: () => {
    panel.showOpening();
  },
  onProgress: (fraction) => {
    panel.showProgress(fraction);
  },
  onEngine: (engine) => {
    panel.showEngine(engine);
  },
  onOpened: (model) => {
    panel.showModel(model);
    classify.again().catch(showNotice);
  },
});
const classify = new ClassifyView(session, openCamera, async (files) => panel.open(files));
const engine = byId('engine', HTMLSelectElement);
engine.addEventListener('change', () => {
  attempt(async () => startEngine(engine.value as EngineChoice));
});
if (!crossOriginIsolated) engine.querySelector<HTMLOptionElement>('[value="wasm-threads"]')!.disabled = true;
const wanted = ENGINE_CHOICES.find((choice) => choice === search.get('engine')) ?? 'auto';
engine.value = wanted;

let teach: Promise<unknown> | undefined;
showViewOfAddress((name) => {
  if (name === 'teach') teach ??= openTeaching().catch(showNotice);
});
attempt(async () => {
  await startEngine(wanted);
  await keepForOffline();
});

/** Starts an engine and opens the model in it; where the wanted one is not here, says why and takes the best that is. */
async function startEngine(choice: EngineChoice): Promise<void> {
  try {
    await session.start(choice);
  } catch (error) {
    if (choice === 'auto') throw error;
    engine.value = 'auto';
    showNotice(error);
    await session.start('auto');
  }
  await panel.whileOpening(session.openAgain());
}

/** Fetches what teaches, and shows the project of the last visit. */
async function openTeaching(): Promise<void> {
  const { TeachView } = await import('./teach/teach-view');
  const view = new TeachView(session, openCamera, {
    onBusy: (isBusy) => {
      engine.disabled = isBusy;
    },
    onUse: () => {
      location.hash = '#classify';
    },
  });
  await view.restore();
}

/** Keeps the page's files for visits without a network, after all that this visit needs has arrived. */
async function keepForOffline(): Promise<void> {
  if (import.meta.env.PROD && 'serviceWorker' in navigator) {
    await navigator.serviceWorker.register('./service-worker.js');
  }
}
