import type * as tf from '@tensorflow/tfjs-core';

import type { Scratch } from '../dispatch';
import type { WebgpuContext } from '../webgpu-context';

import type { Epilogue, Product } from './product';
import { lines } from './product-outcome';
import type { ProductPlan } from './tile-table';
import { tiledProduct } from './tiled-product';
import { UniformBlock } from './uniform-block';
import { activated, floats } from './wgsl';

const COMMON_FIELDS = {
  rowTiles: 'u32',
  columnTiles: 'u32',
  tilesAcross: 'u32',
  rows: 'u32',
  columns: 'u32',
  depth: 'u32',
  splitDepth: 'u32',
  splits: 'u32',
  batches: 'u32',
} as const;

/** Runs a product by the plan that the table has for it. */
export function runProduct<Name extends string>(context: WebgpuContext, product: Product<Name>): void {
  context.products.onProduct?.(product);
  runProductBy(context, product, context.products.tiles.plan(product.kind, product.size, product.canSplit));
}

/** Runs a product by a plan. */
export function runProductBy<Name extends string>(
  context: WebgpuContext,
  product: Product<Name>,
  planned: ProductPlan,
): void {
  const { size, canSplit = true } = product;
  const plan = canSplit ? planned : { ...planned, splits: 1 };
  if (plan.splits === 1) {
    dispatchProduct(context, product, plan, product.result, product.epilogue ?? {});
    return;
  }
  const values = size.rows * size.columns * size.batches;
  const partial = context.scratch(values * plan.splits * 4);
  dispatchProduct(context, product, plan, partial, {});
  addSplits(context, { partial, splits: plan.splits, values, columns: size.columns }, product);
}

function dispatchProduct<Name extends string>(
  context: WebgpuContext,
  product: Product<Name>,
  { tile, splits }: ProductPlan,
  result: tf.TensorInfo | Scratch,
  { bias, addend, activation = 'linear' }: Epilogue,
): void {
  const { kind, size, variant, left, right, fields, values, start, line } = product;
  const block = new UniformBlock({ ...COMMON_FIELDS, ...fields });
  const rowTiles = Math.ceil(size.rows / tile.rows);
  const columnTiles = Math.ceil(size.columns / tile.columns);
  const tiles = rowTiles * columnTiles;
  const tilesAcross = Math.min(tiles, context.limit('maxComputeWorkgroupsPerDimension'));
  const splitDepth = Math.ceil(size.depth / splits / tile.depth) * tile.depth;
  const vectors = size.columns % 4 === 0;
  const extras = [bias, addend].filter((tensor) => tensor !== undefined);
  // Matrix products stay float32: they are too few to gain from it, and any program may use them for any values.
  const halves = context.products.precision === 'float16' && kind !== 'matMul';
  const common = { rowTiles, columnTiles, tilesAcross, splitDepth, splits, ...size };
  context.dispatch({
    shader: {
      label: kind,
      key: [
        kind,
        variant,
        Object.values(tile).join('.'),
        `${left.vectors} ${right.vectors} ${vectors} ${halves}`,
        `${bias !== undefined} ${addend !== undefined} ${activation}`,
      ].join(' '),
      code: () =>
        tiledProduct({
          tile,
          halves,
          gradient: product.gradient,
          declarations: `
${floats(0, 'read', 'left', left.vectors)}
${floats(1, 'read', 'right', right.vectors)}
${bias === undefined ? '' : floats(2, 'read', 'bias', vectors)}
${addend === undefined ? '' : floats(bias === undefined ? 2 : 3, 'read', 'addend', vectors)}
${floats(2 + extras.length, 'read_write', 'result', vectors)}
${block.declaration(3 + extras.length)}`,
          start: `
          ${block.constants(start?.declares)}
          let split = group.z % splits;
          let batch = group.z / splits;
          ${start?.declares.includes('depthEnd') ? '' : 'let firstDepth = split * splitDepth; let depthEnd = min(depth, firstDepth + splitDepth);'}
          ${start?.statements ?? ''}`,
          ...product.operands(tile),
          outcome: lines({
            vectors,
            bias: bias !== undefined,
            addend: addend !== undefined,
            activation,
            ...(line !== undefined && { line }),
            firstLine: line === undefined ? '(split * batches + batch) * rows' : '0u',
          }),
        }),
    },
    bindings: [left.tensor, right.tensor, ...extras, result],
    uniforms: block.values({ ...common, ...values }),
    workgroups: [tilesAcross, Math.ceil(tiles / tilesAcross), splits * size.batches],
    flops: 2 * size.rows * size.columns * size.depth * (kind === 'matMul' ? size.batches : 1),
  });
}

const SUM_BLOCK = new UniformBlock({ count: 'u32', splits: 'u32', columns: 'u32', across: 'u32' });
const SUM_THREADS = 64;

/** Adds up the splits of a product, one after the other, and what else its results want. */
export function addSplits(
  context: WebgpuContext,
  { partial, splits, values, columns }: { partial: Scratch; splits: number; values: number; columns: number },
  { kind, result, epilogue = {} }: { kind: string; result: tf.TensorInfo; epilogue?: Epilogue },
): void {
  const { bias, addend, activation = 'linear' } = epilogue;
  const vectors = columns % 4 === 0;
  const width = vectors ? 4 : 1;
  const extras = [bias, addend].filter((tensor) => tensor !== undefined);
  const groups = Math.ceil(values / width / SUM_THREADS);
  const across = Math.min(groups, context.limit('maxComputeWorkgroupsPerDimension'));
  const type = vectors ? 'vec4f' : 'f32';
  const whole = `sum${bias === undefined ? '' : ' + bias[at % columns]'}${addend === undefined ? '' : ' + addend[at]'}`;
  context.dispatch({
    shader: {
      label: `${kind}, sum of splits`,
      key: `sum of splits ${vectors} ${bias !== undefined} ${addend !== undefined} ${activation}`,
      code: () => `
${floats(0, 'read', 'partial', vectors)}
${bias === undefined ? '' : floats(1, 'read', 'bias', vectors)}
${addend === undefined ? '' : floats(bias === undefined ? 1 : 2, 'read', 'addend', vectors)}
${floats(1 + extras.length, 'read_write', 'result', vectors)}
${SUM_BLOCK.declaration(2 + extras.length)}
@compute @workgroup_size(${SUM_THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  ${SUM_BLOCK.constants()}
  let at = (group.x + group.y * across) * ${SUM_THREADS}u + thread;
  if (at >= count) { return; }
  var sum = ${type}();
  for (var split = 0u; split < splits; split++) { sum += partial[split * count + at]; }
  let whole = ${whole};
  result[at] = ${activated(activation, 'whole', type)};
}`,
    },
    bindings: [partial, ...extras, result],
    uniforms: SUM_BLOCK.values({ count: values / width, splits, columns: columns / width, across }),
    workgroups: [across, Math.ceil(groups / across), 1],
  });
}
