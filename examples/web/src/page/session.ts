import type { Compute } from '../compute/compute';
import type {
  EngineChoice,
  LessonBase,
  ModelPlace,
  ModelReading,
  OpenedModel,
  RunningEngine,
} from '../compute/compute-types';
import { CallableWorker, type WorkerCalls } from '../worker-calls';

/** What views hear of. */
export interface SessionEvents {
  onOpening(): void;
  onProgress(fraction: number): void;
  onOpened(model: OpenedModel): void;
  onEngine(engine: RunningEngine): void;
}

/** The network that comes with the page: see professions-plugin.ts. */
export const PROFESSIONS: ModelPlace = {
  kind: 'professions',
  address: new URL('professions/model.json', document.baseURI).href,
};

/** The worker that computes, and the model that is open in it. */
export class Session {
  private worker = newWorker();
  private opened: LessonBase = { key: 0, place: PROFESSIONS, reading: {} };
  private lessonBase = this.opened;

  constructor(private readonly events: SessionEvents) {}

  get compute(): WorkerCalls<Compute> {
    return this.worker.calls;
  }

  /** The network that lessons start from: the last one opened that is no lesson's itself. */
  get base(): LessonBase {
    return this.lessonBase;
  }

  get reading(): ModelReading {
    return this.opened.reading;
  }

  /** Starts an engine in a new worker, since a worker has one in its life; the model has to be opened in it again. */
  async start(choice: EngineChoice): Promise<void> {
    this.worker.terminate();
    this.worker = newWorker();
    this.events.onOpening();
    const engine = await this.compute.start(choice);
    this.events.onEngine(engine);
  }

  /** Opens a model; where that fails, the one that was open stays. */
  async open(place: ModelPlace, reading: ModelReading = {}, isLesson = false): Promise<void> {
    const before = this.opened;
    const next = { key: before.key + 1, place, reading };
    this.opened = next;
    try {
      await this.openAgain();
      if (!isLesson) this.lessonBase = next;
    } catch (error) {
      if (this.opened === next) this.opened = before;
      throw error;
    }
  }

  /** Opens the same model once more, with other reading. */
  async readOtherwise(reading: ModelReading): Promise<void> {
    await this.open(this.opened.place, reading);
  }

  /** Opens the model that was open, in a new engine's worker. */
  async openAgain(): Promise<void> {
    const { place, reading } = this.opened;
    this.events.onOpening();
    const model = await this.compute.open(place, reading, (fraction) => {
      this.events.onProgress(fraction);
    });
    this.events.onOpened(model);
  }
}

function newWorker(): CallableWorker<Compute> {
  const worker = new Worker(new URL('../compute/compute-worker.ts', import.meta.url), { type: 'module' });
  return new CallableWorker(worker);
}
