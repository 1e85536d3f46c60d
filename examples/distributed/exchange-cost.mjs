#!/usr/bin/env node
/**
 * What the exchange of gradients adds to a step, by a model of cost: `node exchange-cost.mjs [megabytes] [backward seconds]`.
 *
 * Rabenseifner's algorithm sends each byte twice but for a rank's own part, in 2 log2(ranks) messages a bucket (Thakur, Rabenseifner and
 * Gropp 2005, "Optimization of Collective Communication Operations in MPICH", section 4.4). With overlap a bucket leaves when the run
 * backward has made it: what is left over at the end is waited for.
 */
import { fileURLToPath } from 'node:url';

const BUCKET_BYTES = 4 * 2 ** 20;

/** Seconds for one sum of `bytes` over `ranks`. */
export function exchangeSeconds({ ranks, bytes, bytesPerSecond, latencySeconds }) {
  if (ranks === 1) return 0;
  return (
    2 * Math.ceil(Math.log2(ranks)) * latencySeconds + (2 * (ranks - 1) * bytes) / (ranks * bytesPerSecond)
  );
}

/** Seconds that a step waits for the exchange of `bytes`, cut into buckets that the run backward makes one after the other. */
export function waitSeconds({ bytes, backwardSeconds, overlap, ...link }) {
  const buckets = Math.ceil(bytes / BUCKET_BYTES);
  let free = 0;
  for (let bucket = 1; bucket <= buckets; bucket++) {
    const ready = overlap ? (backwardSeconds * bucket) / buckets : backwardSeconds;
    free = Math.max(free, ready) + exchangeSeconds({ ...link, bytes: bytes / buckets });
  }
  return free - backwardSeconds;
}

/** Rows of a table in Markdown: ranks, then seconds without and with overlap for each network. */
export function costTable({ bytes, backwardSeconds }) {
  const links = [
    { name: '1 Gbit/s', bytesPerSecond: 0.118e9, latencySeconds: 50e-6 },
    { name: '10 Gbit/s', bytesPerSecond: 1.18e9, latencySeconds: 20e-6 },
    { name: '100 Gbit/s', bytesPerSecond: 11.8e9, latencySeconds: 5e-6 },
  ];
  const rows = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map((ranks) => {
    const cells = links.map(({ bytesPerSecond, latencySeconds }) => {
      const cost = (overlap) =>
        waitSeconds({ ranks, bytes, bytesPerSecond, latencySeconds, backwardSeconds, overlap }).toFixed(3);
      return `${cost(false)} / ${cost(true)}`;
    });
    return `| ${ranks} | ${cells.join(' | ')} |`;
  });
  return [
    `| ranks | ${links.map(({ name }) => name).join(' | ')} |`,
    `| --- |${' --- |'.repeat(links.length)}`,
    ...rows,
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [megabytes = '102', backwardSeconds = '1'] = process.argv.slice(2);
  console.log(costTable({ bytes: 1e6 * Number(megabytes), backwardSeconds: Number(backwardSeconds) }));
}
