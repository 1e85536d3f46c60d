/** What of onnxruntime-node is called. */
interface OnnxRuntime {
  readonly InferenceSession: {
    create(path: string, options: { readonly logSeverityLevel: number }): Promise<OnnxSession>;
  };
  readonly Tensor: new (type: 'float32', values: Float32Array, shape: readonly number[]) => object;
}

interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(
    inputs: Readonly<Record<string, object>>,
  ): Promise<Readonly<Record<string, { readonly data: unknown }>>>;
  release(): Promise<void>;
}

/** A model in an ONNX file, to be asked. */
export interface OnnxFile {
  /** The outputs for a batch of inputs, row by row. */
  run(values: Float32Array, shape: readonly number[]): Promise<Float32Array>;
  close(): Promise<void>;
}

const PACKAGE = 'onnxruntime-node';
/** Errors alone: the runtime's remarks on a graph are nobody's here. */
const ERRORS_ONLY = 3;

/** Opens the ONNX file at `path`; undefined where onnxruntime-node is not installed. */
export async function openOnnxFile(path: string): Promise<OnnxFile | undefined> {
  const { InferenceSession, Tensor } = (await loadRuntime()) ?? {};
  if (InferenceSession === undefined || Tensor === undefined) return undefined;
  const session = await InferenceSession.create(path, { logSeverityLevel: ERRORS_ONLY });
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
  return {
    async run(values, shape) {
      const results = await session.run({ [input]: new Tensor('float32', values, shape) });
      return results[output]!.data as Float32Array;
    },
    close: () => session.release(),
  };
}

async function loadRuntime(): Promise<OnnxRuntime | undefined> {
  try {
    // By a variable: it is optional, and no bundler is to look for it.
    const name: string = PACKAGE;
    return (await import(name)) as OnnxRuntime;
  } catch {
    return undefined;
  }
}
