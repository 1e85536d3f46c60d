/** `zoo serve` with the arguments given, as a process that tells its parent its resident memory each half second. */
import { run } from '@zoo/cli';

const timer = setInterval(() => process.send?.(process.memoryUsage.rss()), 500);
timer.unref();
process.exitCode = await run(['serve', ...process.argv.slice(2)]);
process.disconnect();
