/// <reference types="@webgpu/types" />

import type { EngineAbsence } from '../engine-candidate';
import { nodeBuiltins } from '../node-builtins';

import {
  borrowGlobals,
  hasVulkanLoader,
  importDawn,
  listAdapters,
  openAdapter,
  type DawnAdapter,
  type DawnModule,
} from './dawn';

/** A card that can be started on. */
export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  readonly gpu: GPU;
  /** 'NVIDIA H100 (driver 535.1, Vulkan)'. */
  readonly description: string;
  /** Other cards that were there, described. */
  readonly others: readonly string[];
  /** Takes back what finding it has changed in the process. */
  release(): void;
}

/** Which card is wanted. */
export interface AdapterRequest {
  /** A part of the card's name, or its number in the list from 0; undefined takes the fastest real card. */
  readonly card: string | undefined;
  readonly precision: 'float32' | 'float16';
  /** True if an adapter that computes in software will do. */
  readonly allowsSoftware: boolean;
}

const IN_BROWSER = 'Run in a browser that has WebGPU, on a machine with a graphics card.';
const IN_NODE = 'Install it with `npm install webgpu`.';
const DRIVER = "Install the graphics card's driver with Vulkan, and Vulkan's loader (libvulkan1).";

const BACKEND_TITLES: Readonly<Record<string, string>> = {
  vulkan: 'Vulkan',
  metal: 'Metal',
  d3d12: 'Direct3D 12',
};

/** Finds a card: through the browser's or Deno's `navigator.gpu`, or through the npm package `webgpu` in Node.js. */
export async function findAdapter(request: AdapterRequest): Promise<FoundAdapter | EngineAbsence> {
  const gpu = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (gpu !== undefined) return fromNavigator(gpu, request);
  const isNode = nodeBuiltins() !== undefined && !('Deno' in globalThis);
  return isNode ? fromDawn(request) : { absentBecause: 'no WebGPU here', remedy: IN_BROWSER };
}

async function fromNavigator(
  gpu: GPU,
  { allowsSoftware, card }: AdapterRequest,
): Promise<FoundAdapter | EngineAbsence> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return { absentBecause: 'WebGPU found no graphics card', remedy: IN_BROWSER };
  const description = describe(adapter, undefined);
  if (card !== undefined && !matches(card, description, 0)) {
    return { absentBecause: `no card called '${card}' (found: ${description})`, remedy: 'Name another.' };
  }
  if (isSoftware(adapter) && !allowsSoftware) return inSoftware(description);
  return { adapter, gpu, description, others: [], release: () => undefined };
}

async function fromDawn({
  card,
  precision,
  allowsSoftware,
}: AdapterRequest): Promise<FoundAdapter | EngineAbsence> {
  const builtins = nodeBuiltins()!;
  const dawn = await importDawn();
  if (dawn === undefined)
    return { absentBecause: 'the npm package webgpu is not installed', remedy: IN_NODE };
  if (card === NO_CARD) return withoutCard(dawn);
  if (process.platform === 'linux' && !hasVulkanLoader(builtins)) {
    return { absentBecause: "Vulkan's loader (libvulkan.so.1) is not installed", remedy: DRIVER };
  }
  const listed = await listAdapters(dawn);
  const names = listed.map(({ backend, name }) => `${name} (${BACKEND_TITLES[backend] ?? backend})`);
  const wanted = listed.map((_, index) => index).filter((index) => matches(card, names[index]!, index));
  if (card !== undefined && wanted.length === 0) {
    const found = names.length === 0 ? 'no card at all' : names.join(', ');
    return { absentBecause: `no card called '${card}' (found: ${found})`, remedy: 'Name another.' };
  }
  let software: string | undefined;
  for (const entry of await bestFirst(
    dawn,
    wanted.map((index) => listed[index]!),
    precision,
  )) {
    if (entry.isSoftware && !allowsSoftware) {
      software = entry.description;
      continue;
    }
    const { gpu, adapter, description } = entry;
    const others = names.filter((name) => !name.startsWith(entry.name));
    return { adapter, gpu, description, others, release: borrowGlobals(dawn.globals) };
  }
  return software === undefined
    ? { absentBecause: 'no graphics card with a driver', remedy: DRIVER }
    : inSoftware(software);
}

/** The name of Dawn's null device. */
const NO_CARD = 'null';

/** Dawn's null device: it takes every command and computes nothing, so that commands can be counted and recording timed. */
async function withoutCard(dawn: DawnModule): Promise<FoundAdapter | EngineAbsence> {
  const gpu = openAdapter(dawn, { backend: NO_CARD, name: '' }, 'float32');
  const adapter = await gpu.requestAdapter();
  if (adapter === null) return { absentBecause: 'Dawn has no null device here', remedy: 'Name a card.' };
  const description = "Dawn's null device, which computes nothing";
  return { adapter, gpu, description, others: [], release: borrowGlobals(dawn.globals) };
}

interface OpenedAdapter {
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  readonly name: string;
  readonly description: string;
  readonly isSoftware: boolean;
}

/** The adapters that open: real cards before software, and otherwise as Dawn lists them, discrete cards first. */
async function bestFirst(
  dawn: DawnModule,
  listed: readonly DawnAdapter[],
  precision: 'float32' | 'float16',
): Promise<OpenedAdapter[]> {
  const opened: OpenedAdapter[] = [];
  for (const { backend, name } of listed) {
    const gpu = openAdapter(dawn, { backend, name }, precision);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) continue;
    const description = describe(adapter, { backend, name });
    opened.push({ gpu, adapter, name, description, isSoftware: isSoftware(adapter) });
  }
  return [...opened.filter((entry) => !entry.isSoftware), ...opened.filter((entry) => entry.isSoftware)];
}

/** What an adapter tells of itself. */
export function adapterInfo(adapter: GPUAdapter): GPUAdapterInfo & { readonly isFallbackAdapter?: boolean } {
  return (adapter as unknown as { info: GPUAdapterInfo }).info;
}

function describe(adapter: GPUAdapter, listed: DawnAdapter | undefined): string {
  const { vendor, architecture, device, description } = adapterInfo(adapter);
  const known = [vendor, architecture].filter((part) => part !== '').join(' ');
  const fallback = description === '' ? device : description;
  const name = listed?.name ?? (known === '' ? fallback : known);
  const driver = listed === undefined || description === '' || description === name ? [] : [description];
  const backend = listed === undefined ? [] : [BACKEND_TITLES[listed.backend] ?? listed.backend];
  const details = [...driver, ...backend].join(', ');
  const title = name === '' ? 'an unnamed card' : name;
  return details === '' ? title : `${title} (${details})`;
}

function matches(card: string | undefined, name: string, index: number): boolean {
  if (card === undefined) return true;
  return /^\d+$/.test(card) ? Number(card) === index : name.toLowerCase().includes(card.toLowerCase());
}

function isSoftware(adapter: GPUAdapter): boolean {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapterInfo(adapter);
  const isFallback = (adapter as { isFallbackAdapter?: boolean }).isFallbackAdapter ?? isFallbackAdapter;
  const words = [vendor, architecture, device, description].join(' ');
  return isFallback === true || /swiftshader|llvmpipe|software|basic render/i.test(words);
}

function inSoftware(description: string): EngineAbsence {
  return {
    absentBecause: `WebGPU computes in software here (${description})`,
    remedy: "Ask for it by name to use it anyway: `prefer: 'webgpu'`.",
  };
}
