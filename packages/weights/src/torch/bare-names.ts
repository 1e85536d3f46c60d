/** What wrappers put before every name: DataParallel, torch.compile, Lightning and the like. */
const WRAPPERS = ['module', '_orig_mod', 'model', 'net', 'network', 'backbone', 'encoder'];

/** The first convolution of a ResNet's first block, which no other module of a program is called after. */
const FIRST_OF_RESNET = /^(\.|\..+\.)(?:layer1\.0\.conv1|4\.0\.conv1|stages\.0\.blocks\.0\.conv1)\.weight$/;

/** What training modules keep beside the network: losses with class weights, metrics with their counts. */
const MEASURE =
  /^(?:criterion|criteria|\w*loss\w*|\w*metrics?\w*|\w*acc|\w*accuracy|\w*acc_?(?:top)?\d|\w*f1\w*|\w*au(?:roc|c))(?:\.|$)/i;

/** `nn.Sequential(*resnet.children())` numbers the modules. */
const CHILDREN: Readonly<Record<string, string>> = {
  0: 'conv1',
  1: 'bn1',
  4: 'layer1',
  5: 'layer2',
  6: 'layer3',
  7: 'layer4',
};

interface Named {
  readonly name: string;
}

/**
 * The tensors of a PyTorch program under the names that the network's own modules give them: without wrappers' prefixes, and a
 * ResNet that is one part of the program without that part's, and without the losses and metrics beside it.
 */
export function withBareNames<Tensor extends Named>(tensors: readonly Tensor[]): Tensor[] {
  return withChildrenNamed(resnetAlone(withoutWrappers(tensors)));
}

/** Without a wrapper's prefix, one after another, where at least half of all names have it. */
function withoutWrappers<Tensor extends Named>(tensors: readonly Tensor[]): readonly Tensor[] {
  const prefix = WRAPPERS.map((wrapper) => `${wrapper}.`).find(
    (each) => tensors.filter(({ name }) => name.startsWith(each)).length * 2 >= tensors.length,
  );
  if (prefix === undefined || tensors.length === 0) return tensors;
  const bare = withoutPrefix(tensors, prefix);
  // Two names that differ only by the prefix keep it.
  return new Set(bare.map(({ name }) => name)).size < bare.length ? tensors : withoutWrappers(bare);
}

/** Without the prefix of the one ResNet among them, and without the losses and metrics beside it. */
function resnetAlone<Tensor extends Named>(tensors: readonly Tensor[]): readonly Tensor[] {
  const prefixes = tensors.flatMap(({ name }) => FIRST_OF_RESNET.exec(`.${name}`)?.[1] ?? []);
  // Two networks in one file can't be distinguished.
  if (prefixes.length !== 1) return tensors;
  const prefix = prefixes[0]!.slice(1);
  const bare = withoutPrefix(tensors, prefix).filter(({ name }) => !MEASURE.test(name));
  return new Set(bare.map(({ name }) => name)).size < bare.length ? tensors : bare;
}

function withChildrenNamed<Tensor extends Named>(tensors: readonly Tensor[]): Tensor[] {
  const names = new Set(tensors.map(({ name }) => name));
  const isNumbered = ['0.weight', '1.running_mean', '4.0.conv1.weight'].every((name) => names.has(name));
  if (!isNumbered) return [...tensors];
  return tensors.map((tensor) => {
    const [first = '', ...rest] = tensor.name.split('.');
    return { ...tensor, name: [CHILDREN[first] ?? first, ...rest].join('.') };
  });
}

function withoutPrefix<Tensor extends Named>(tensors: readonly Tensor[], prefix: string): Tensor[] {
  return tensors.map((tensor) =>
    tensor.name.startsWith(prefix) ? { ...tensor, name: tensor.name.slice(prefix.length) } : tensor,
  );
}
