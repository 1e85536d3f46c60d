/** A tensor in a model's graph: what the node `node` of layer `layer` puts out at place `tensor`. */
export interface TensorSpec {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** One call of a layer. */
export interface NodeSpec {
  readonly inputs: readonly TensorSpec[];
  /** Further arguments of the call, `training: false` for example. */
  readonly callArguments: Readonly<Record<string, unknown>>;
}

/** A layer as TensorFlow.js builds it. */
export interface LayerSpec {
  readonly name: string;
  /** Class name in TensorFlow.js. */
  readonly className: string;
  /** Configuration with TensorFlow.js' own keys and values. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The model that this layer is, if it is one. */
  readonly model?: ModelSpec;
  /** Its calls, in order; of a sequential model's layer none are given. */
  readonly nodes: readonly NodeSpec[];
}

/** A model's architecture, whichever version wrote it. */
export interface ModelSpec {
  readonly kind: 'functional' | 'sequential';
  readonly name: string;
  readonly layers: readonly LayerSpec[];
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** What parsing needs to know about the file. */
export interface ParseContext {
  readonly fileName: string;
  /** 1, 2 or 3: some names changed their meaning in between. */
  readonly kerasMajor: number;
}
