import type * as tfl from '@tensorflow/tfjs-layers';
import { strToU8, zipSync } from 'fflate';

import { timmModuleName } from '../../../packages/resnet/src/hub/timm-names';
import { torchTensors } from '../../../packages/weights/src/torch/torch-tensors';

/** What `torch.save(model.state_dict(), 'model.pth')` writes for timm's network of this name: an archive around a pickle. */
export async function torchFile(model: tfl.LayersModel, network: string): Promise<Uint8Array> {
  const layers = new Set(model.layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name));
  const tensors = await torchTensors(model, (name) => timmModuleName(name, network, layers));
  const files: Record<string, Uint8Array> = { 'archive/version': strToU8('3\n') };
  const items: number[][] = [];
  for (const [name, { shape, values }] of tensors) {
    const key = `${items.length}`;
    const data = values as Float32Array;
    files[`archive/data/${key}`] = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    items.push([...text(name), ...rebuiltTensor(key, shape)]);
  }
  // Protocol 2, an empty dictionary, its items from a mark on, the end.
  files['archive/data.pkl'] = Uint8Array.from([0x80, 2, 0x7d, 0x28, ...items.flat(), 0x75, 0x2e]);
  return zipSync(files, { level: 0 });
}

/** `torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`. */
function rebuiltTensor(key: string, shape: readonly number[]): number[] {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const count = shape.reduce((product, size) => product * size, 1);
  const storage = [text('storage'), global('torch', 'FloatStorage'), text(key), text('cpu'), integer(count)];
  const hooks = [...global('collections', 'OrderedDict'), 0x29, 0x52];
  const sizes = [shape, strides].flatMap((numbers) => tuple(numbers.map(integer)));
  const parts = [[...tuple(storage), 0x51], integer(0), sizes, [0x89], hooks];
  return [...global('torch._utils', '_rebuild_tensor_v2'), ...tuple(parts), 0x52];
}

const tuple = (parts: readonly (readonly number[])[]): number[] => [0x28, ...parts.flat(), 0x74];
const global = (module: string, name: string): number[] => [0x63, ...strToU8(`${module}\n${name}\n`)];
const integer = (value: number): number[] => [0x4a, ...littleEndian(value)];

function text(value: string): number[] {
  const bytes = strToU8(value);
  return [0x58, ...littleEndian(bytes.length), ...bytes];
}

const littleEndian = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >> shift) & 255);
