import { nodeBuiltins } from '../node-builtins';

/** Blocks of addresses that are not the public internet's: RFC 6890, and multicast. */
const PRIVATE_BLOCKS = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const;

/** True where addresses can be told apart: in Node. */
export const canTellPrivateHosts = (): boolean => nodeBuiltins()?.('net')?.BlockList !== undefined;

/**
 * True for a host that is this machine or in a local network, by its address or what its name resolves to.
 *
 * A name that can't be resolved is not: then a proxy resolves it, or nothing answers.
 *
 * @param hostname As a URL has it, IPv6 in brackets.
 */
export async function isPrivateHost(hostname: string): Promise<boolean> {
  const get = nodeBuiltins()!;
  const { BlockList, isIP } = get('net');
  const blocks = new BlockList();
  for (const [start, bits] of PRIVATE_BLOCKS) blocks.addSubnet(start, bits, familyOf(isIP(start)));
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  const addresses = isIP(host) === 0 ? await resolved(host, get) : [host];
  return (
    /(^|\.)localhost$/i.test(host) ||
    addresses.some((address) => blocks.check(address, familyOf(isIP(address))))
  );
}

const familyOf = (version: number): 'ipv4' | 'ipv6' => (version === 4 ? 'ipv4' : 'ipv6');

async function resolved(host: string, get: NodeJS.Process['getBuiltinModule']): Promise<string[]> {
  const found = await get('dns/promises')
    .lookup(host, { all: true })
    .catch(() => []);
  return found.map(({ address }) => address);
}
