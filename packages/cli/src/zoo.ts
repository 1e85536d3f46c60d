#!/usr/bin/env node
import { EXIT_STATUS, run } from './index';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of our pipe has closed it: zoo models | head -1.
  if (error.code === 'EPIPE') process.exit(EXIT_STATUS.success);
  throw error;
});

process.exitCode = await run(process.argv.slice(2));
