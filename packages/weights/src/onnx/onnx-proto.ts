import { PbfWriter } from 'pbf';

/** An attribute of a node: a number, whole numbers, or a text. */
export type OnnxAttribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'text'; readonly value: string };

/** A node of an ONNX graph. */
export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A constant of an ONNX graph. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** A `Uint16Array` holds float16's bits. */
  readonly values: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array | Uint16Array;
  /** Of the kernel of a layer: the axis of its outputs. */
  readonly channelAxis?: number;
  /** Of a kernel whose values are multiples of a number: that number, and the scale in which int8 has them exactly. */
  readonly step?: number;
}

/** An input or output of an ONNX graph; a text is a size that is open. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** What of ONNX's model is written. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Texts beside the graph. */
  readonly metadata: Readonly<Record<string, string>>;
}

const IR_VERSION = 8;
const OPERATOR_SET = 17;
const FLOAT = 1;

/** The number of a constant's type: onnx.proto, TensorProto.DataType. */
function typeNumber(values: OnnxTensor['values']): number {
  if (values instanceof Float32Array) return FLOAT;
  if (values instanceof Uint8Array) return 2;
  if (values instanceof Int8Array) return 3;
  if (values instanceof Int32Array) return 6;
  if (values instanceof BigInt64Array) return 7;
  return 10;
}

/**
 * The bytes of an ONNX model: the part of its schema that a classifier needs.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the fields' numbers
 */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, '@zoo/weights');
  pbf.writeMessage(7, writeGraph, model);
  pbf.writeMessage(8, (version: number, inner) => inner.writeVarintField(2, version), OPERATOR_SET);
  for (const entry of Object.entries(model.metadata)) pbf.writeMessage(14, writeText, entry);
  return pbf.finish();
}

function writeText([key, value]: [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeGraph(model: OnnxModel, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, model.name);
  for (const tensor of model.constants) pbf.writeMessage(5, writeTensor, tensor);
  for (const value of model.inputs) pbf.writeMessage(11, writeValue, value);
  for (const value of model.outputs) pbf.writeMessage(12, writeValue, value);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.operator);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
}

function writeAttribute([name, attribute]: [string, OnnxAttribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  switch (attribute.kind) {
    case 'float':
      pbf.writeFloatField(2, attribute.value);
      {
        pbf.writeVarintField(20, 1);
        return;
      }
    case 'int':
      pbf.writeVarintField(3, attribute.value);
      {
        pbf.writeVarintField(20, 2);
        return;
      }
    case 'text':
      pbf.writeBytesField(4, new TextEncoder().encode(attribute.value));
      {
        pbf.writeVarintField(20, 3);
        return;
      }
    case 'ints':
      for (const value of attribute.value) pbf.writeVarintField(8, value);
      {
        pbf.writeVarintField(20, 7);
        return;
      }
  }
}

function writeTensor({ name, shape, values }: OnnxTensor, pbf: PbfWriter): void {
  pbf.writePackedVarint(1, [...shape]);
  pbf.writeVarintField(2, typeNumber(values));
  pbf.writeStringField(8, name);
  pbf.writeBytesField(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function writeValue({ name, shape }: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, writeType, shape);
}

function writeType(shape: OnnxValue['shape'], pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, shape);
}

function writeTensorType(shape: OnnxValue['shape'], pbf: PbfWriter): void {
  pbf.writeVarintField(1, FLOAT);
  pbf.writeMessage(2, writeShape, shape);
}

function writeShape(shape: OnnxValue['shape'], pbf: PbfWriter): void {
  for (const size of shape) {
    pbf.writeMessage(
      1,
      (value: number | string, inner) => {
        if (typeof value === 'number') inner.writeVarintField(1, value);
        else inner.writeStringField(2, value);
      },
      size,
    );
  }
}
