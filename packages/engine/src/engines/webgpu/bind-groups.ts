/// <reference types="@webgpu/types" />

import type { BufferPool } from './buffer-pool';

/** Far more than the dispatches of a step; beyond it all are forgotten, as happens where shapes change all the time. */
const LARGEST_CACHE = 1 << 14;

interface PipelineLayout {
  readonly id: number;
  readonly layout: GPUBindGroupLayout;
}

/**
 * Bind groups that were made before.
 *
 * Making one takes ten times as long as the rest of a dispatch (28 µs of 35 in Dawn for Node.js, measured on a busy machine). The pool gives out its buffers in the
 * same order in each step, so that from the second step on nearly every group is here.
 */
export class BindGroups {
  private readonly groups = new Map<string, GPUBindGroup>();
  private readonly layouts = new Map<GPUComputePipeline, PipelineLayout>();

  constructor(
    private readonly device: GPUDevice,
    private readonly pool: BufferPool,
  ) {}

  /** The group of `resources` at bindings from 0 on, made now or before. */
  get(pipeline: GPUComputePipeline, resources: readonly GPUBindingResource[]): GPUBindGroup {
    const { id, layout } = this.layoutOf(pipeline);
    const key = this.keyOf(id, resources);
    const known = key === undefined ? undefined : this.groups.get(key);
    if (known !== undefined) return known;
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    const group = this.device.createBindGroup({ layout, entries });
    if (key === undefined) return group;
    if (this.groups.size >= LARGEST_CACHE) this.groups.clear();
    this.groups.set(key, group);
    return group;
  }

  /** Undefined if a resource is none of the pool's buffers, such as a texture. */
  private keyOf(pipelineId: number, resources: readonly GPUBindingResource[]): string | undefined {
    let key = `${pipelineId}`;
    for (const resource of resources) {
      const bufferId = 'buffer' in resource ? this.pool.idOf(resource.buffer) : undefined;
      if (bufferId === undefined) return undefined;
      const { offset = 0, size = -1 } = resource as GPUBufferBinding;
      key += ` ${bufferId},${offset},${size}`;
    }
    return key;
  }

  private layoutOf(pipeline: GPUComputePipeline): PipelineLayout {
    let layout = this.layouts.get(pipeline);
    if (layout === undefined) {
      layout = { id: this.layouts.size, layout: pipeline.getBindGroupLayout(0) };
      this.layouts.set(pipeline, layout);
    }
    return layout;
  }
}
