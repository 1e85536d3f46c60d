import { run } from '../src';

process.exitCode = await run(process.argv.slice(2));
