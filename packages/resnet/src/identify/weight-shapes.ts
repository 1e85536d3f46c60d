import type { Architecture } from '../builder/architecture';

/** What of a network's options decides the shapes of its weights. */
export interface NetworkForm {
  /** Stems with equal weights are one: 7x7, three 3x3, one 3x3. */
  readonly stem: 'large' | 'deep' | 'small';
  /** Blocks with a projection: none, those that change shape (or that the architecture says), all. */
  readonly projections: 'none' | 'changed' | 'all';
  readonly convolutionBias: boolean;
  readonly squeezeReduction: number | undefined;
  /** Channels of the input. */
  readonly channels: number;
}

/** A weight of a network without its classifier: `<layer>/<weight>` and its shape. */
export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Names and shapes of all weights but the classifier's, without building anything: what `createResnet` would make with such options. */
export function weightShapes(architecture: Architecture, form: NetworkForm): WeightShape[] {
  const shapes = new ShapeList(form.convolutionBias);
  addStem(shapes, architecture, form);
  let channels = architecture.stemFilters ?? 64;
  architecture.blocks.forEach((blockCount, stage) => {
    for (let block = 0; block < blockCount; block++) {
      const place = {
        architecture,
        form,
        channels,
        filters: architecture.filters[stage]!,
        isFirst: block === 0,
      };
      addBlock(shapes, `conv${stage + 2}_block${block + 1}`, place);
      channels = place.filters * architecture.expansion;
    }
  });
  if (architecture.preActivation !== undefined) shapes.norm('post_bn', channels);
  return shapes.list;
}

class ShapeList {
  readonly list: WeightShape[] = [];

  constructor(private readonly bias: boolean) {}

  convolution(name: string, size: number, channels: number, filters: number, bias = this.bias): void {
    this.list.push({ name: `${name}/kernel`, shape: [size, size, channels, filters] });
    if (bias) this.list.push({ name: `${name}/bias`, shape: [filters] });
  }

  norm(name: string, channels: number, scale = true): void {
    const roles = [...(scale ? ['gamma'] : []), 'beta', 'moving_mean', 'moving_variance'];
    for (const role of roles) this.list.push({ name: `${name}/${role}`, shape: [channels] });
  }
}

function addStem(shapes: ShapeList, architecture: Architecture, { stem, channels }: NetworkForm): void {
  const { stemFilters: filters = 64, preActivation } = architecture;
  if (preActivation?.inputNorm === true) shapes.norm('data_bn', channels, false);
  if (stem === 'deep') {
    shapes.convolution('conv1_1_conv', 3, channels, filters / 2);
    shapes.norm('conv1_1_bn', filters / 2);
    shapes.convolution('conv1_2_conv', 3, filters / 2, filters / 2);
    shapes.norm('conv1_2_bn', filters / 2);
    shapes.convolution('conv1_conv', 3, filters / 2, filters);
  } else {
    shapes.convolution('conv1_conv', stem === 'large' ? 7 : 3, channels, filters);
  }
  if (preActivation?.stemNorm ?? true) shapes.norm('conv1_bn', filters);
}

interface BlockPlace {
  readonly architecture: Architecture;
  readonly form: NetworkForm;
  /** Channels that come in. */
  readonly channels: number;
  readonly filters: number;
  /** True for the first block of its stage. */
  readonly isFirst: boolean;
}

function addBlock(shapes: ShapeList, name: string, place: BlockPlace): void {
  const { architecture, form, channels, filters } = place;
  const filtersOut = filters * architecture.expansion;
  const isPreActivation = architecture.preActivation !== undefined;
  // Of a pre-activation block only the last convolution and the projection, which no norm follows, have a bias.
  const inner = isPreActivation ? false : form.convolutionBias;
  if (isPreActivation) shapes.norm(`${name}_preact_bn`, channels);
  if (architecture.expansion === 1) {
    shapes.convolution(`${name}_1_conv`, 3, channels, filters, inner);
    shapes.norm(`${name}_1_bn`, filters);
    shapes.convolution(`${name}_2_conv`, 3, filters, filters);
    if (!isPreActivation) shapes.norm(`${name}_2_bn`, filters);
  } else {
    const width = filters * (architecture.widthFactor ?? 1);
    const { groups = 1 } = architecture;
    shapes.convolution(`${name}_1_conv`, 1, channels, width, inner);
    shapes.norm(`${name}_1_bn`, width);
    shapes.convolution(`${name}_2_conv`, 3, width / groups, width, inner);
    shapes.norm(`${name}_2_bn`, width);
    shapes.convolution(`${name}_3_conv`, 1, width, filtersOut);
    if (!isPreActivation) shapes.norm(`${name}_3_bn`, filtersOut);
  }
  if (form.squeezeReduction !== undefined && !isPreActivation) {
    const hidden = Math.max(1, Math.floor(filtersOut / form.squeezeReduction));
    shapes.convolution(`${name}_se_reduce_conv`, 1, filtersOut, hidden, true);
    shapes.convolution(`${name}_se_expand_conv`, 1, hidden, filtersOut, true);
  }
  if (!projects(place)) return;
  shapes.convolution(`${name}_0_conv`, 1, channels, filtersOut);
  if (!isPreActivation) shapes.norm(`${name}_0_bn`, filtersOut);
}

function projects({ architecture, form, channels, filters, isFirst }: BlockPlace): boolean {
  if (form.projections !== 'changed') return form.projections === 'all';
  const projectsFirst = architecture.preActivation?.projectFirst ?? false;
  return channels !== filters * architecture.expansion || (projectsFirst && isFirst);
}
