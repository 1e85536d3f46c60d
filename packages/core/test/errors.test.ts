import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ArgumentError, printable, ZooError } from '../src';

const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('the message of a ZooError', () => {
  it('holds no control character and no turn of the direction of writing, whatever a file put into it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(new ZooError('invalid-file', `holds ${name}`).message).not.toMatch(UNSEEN);
        expect(new ArgumentError(name, `one of ${name}`, name).message).not.toMatch(UNSEEN);
      }),
    );
    expect(printable('a\u001b[2Jb\u202ec\td\n')).toBe('a\\u001b[2Jb\\u202ec\td\n');
  });

  it('is cut in its middle where a file has names of megabytes, so that the advice stays', () => {
    const { message } = new ZooError('invalid-file', `It holds ${'x'.repeat(1e6)}. Save it again.`);
    expect(message).toHaveLength(16_384);
    expect(message).toMatch(/^It holds x+\.\.\.x+\. Save it again\.$/);
  });

  it('leaves letters of all scripts as they are', () => {
    const name = 'Köchin, 厨师, طاهٍ, 👩‍🍳'.replace('\u200d', '');
    expect(printable(name)).toBe(name);
  });
});
