import type { PretrainedEntry } from './catalogue';

/** What our layer is called that a file of `layout` calls `name`; Keras' own names are ours, but that its files call the classifier `probs`. */
export function layerNameOf(layout: PretrainedEntry['layout'], name: string): string {
  if (layout === 'chollet') return cholletName(name);
  if (layout === 'qubvel') return qubvelName(name);
  return name === 'probs' ? 'predictions' : name;
}

/** `res2a_branch2b` is `conv2_block1_2_conv`, `bn2a_branch1` is `conv2_block1_0_bn`. */
function cholletName(name: string): string {
  if (name === 'conv1') return 'conv1_conv';
  if (name === 'bn_conv1') return 'conv1_bn';
  if (name === 'fc1000') return 'predictions';
  const match = /^(res|bn)(\d)([a-z])_branch(1|2a|2b|2c)$/.exec(name);
  if (match === null) return name;
  const [, kind, stage, letter, branch] = match as unknown as [string, string, string, string, string];
  const block = letter.charCodeAt(0) - 'a'.charCodeAt(0) + 1;
  const part = ['1', '2a', '2b', '2c'].indexOf(branch);
  return `conv${stage}_block${block}_${part}_${kind === 'res' ? 'conv' : 'bn'}`;
}

/** `stage1_unit2_bn1` is `conv2_block2_preact_bn`, `stage1_unit1_sc` is `conv2_block1_0_conv`. */
function qubvelName(name: string): string {
  const fixed: Readonly<Record<string, string>> = {
    bn_data: 'data_bn',
    conv0: 'conv1_conv',
    bn0: 'conv1_bn',
    bn1: 'post_bn',
    fc1: 'predictions',
  };
  const match = /^stage(\d)_unit(\d+)_(conv1|conv2|bn1|bn2|sc)$/.exec(name);
  if (match === null) return fixed[name] ?? name;
  const [, stage, unit, part] = match as unknown as [string, string, string, string];
  const parts: Readonly<Record<string, string>> = {
    bn1: 'preact_bn',
    conv1: '1_conv',
    bn2: '1_bn',
    conv2: '2_conv',
    sc: '0_conv',
  };
  return `conv${Number(stage) + 1}_block${unit}_${parts[part]!}`;
}
