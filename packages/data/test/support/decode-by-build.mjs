/** Prints a hash of what one build of sharp, `native` or `webassembly`, reads in each of the fixtures' files, as JSON. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Module from 'node:module';

const isNative = process.argv[2] === 'native';
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  if (!isNative && /^@img\/sharp-(?!wasm32)/.test(request)) {
    throw Object.assign(new Error(`absent for this test: ${request}`), { code: 'MODULE_NOT_FOUND' });
  }
  return resolve.call(this, request, ...rest);
};

const sharp = createRequire(import.meta.url)('sharp');
if ((sharp.versions.emscripten === undefined) !== isNative)
  throw new Error(`this is not the ${process.argv[2]} build`);

const hashes = {};
for (const group of ['jpeg', 'png', 'other']) {
  const cases = JSON.parse(
    readFileSync(new URL(`../fixtures/decode-${group}.json`, import.meta.url), 'utf8'),
  );
  for (const [name, { file }] of Object.entries(cases)) {
    const pipeline = sharp(Buffer.from(file, 'base64'), {
      failOn: 'warning',
      ignoreIcc: true,
      page: 0,
      pages: 1,
    });
    hashes[name] = await pipeline
      .raw()
      .toBuffer({ resolveWithObject: true })
      .then(
        ({ data, info }) => `${info.height} ${info.width} ${createHash('sha256').update(data).digest('hex')}`,
        () => 'refused',
      );
  }
}
process.stdout.write(JSON.stringify(hashes), () => process.exit());
