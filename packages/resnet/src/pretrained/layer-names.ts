import { kerasResnetLayerName } from '@zoo/weights';

import type { PretrainedEntry } from './catalogue';

/** What our layer is called that a file of `layout` calls `name`; Keras' own names of today are ours. */
export function layerNameOf(layout: PretrainedEntry['layout'], name: string): string {
  return layout === 'qubvel' ? qubvelName(name) : kerasResnetLayerName(name);
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
