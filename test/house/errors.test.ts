/** The table of codes is whole: every code is provoked by some test, thrown by some source, and documented as it stands. */

import { describe, expect, test } from 'vitest';
import { isErrorsDocCurrent } from '../../scripts/docs-errors.ts';
import { ERROR_MEANINGS } from '../../src/error-meanings.ts';
import { CausalError } from '../../src/errors.ts';
import { filesUnder, readText } from './source.ts';

const quoting = (paths: readonly string[]): ((code: string) => boolean) => {
  const texts = paths.map(readText);
  return (code) => texts.some((text) => text.includes(`'${code}'`) || text.includes(`"${code}"`));
};

describe('ERROR_MEANINGS', () => {
  test('ERROR_MEANINGS holds no code that no test provokes', () => {
    const isProvoked = quoting(filesUnder('test', '.test.ts').filter((path) => !path.startsWith('test/house/')));
    expect(Object.keys(ERROR_MEANINGS).filter((code) => !isProvoked(code))).toEqual([]);
  });

  test('ERROR_MEANINGS holds no code that no source throws', () => {
    const isThrown = quoting(
      filesUnder('src', '.ts').filter((path) => path !== 'src/errors.ts' && path !== 'src/error-meanings.ts'),
    );
    expect(Object.keys(ERROR_MEANINGS).filter((code) => !isThrown(code))).toEqual([]);
  });

  test('ERROR_MEANINGS is in order and is what docs/errors.md says', () => {
    expect(Object.keys(ERROR_MEANINGS)).toEqual(Object.keys(ERROR_MEANINGS).sort());
    expect(isErrorsDocCurrent()).toBe(true);
  });

  test('CausalError carries the outcome of its code, the details and the cause', () => {
    const cause = new Error('torn');
    const error = new CausalError('EXCHANGE_FAILED', 'Cannot finish', { peer: 'b' }, cause);
    expect(error).toMatchObject({
      name: 'CausalError',
      code: 'EXCHANGE_FAILED',
      outcome: 'unknown',
      details: { peer: 'b' },
    });
    expect(error.cause).toBe(cause);
    expect('cause' in new CausalError('BEHIND', 'Cannot read')).toBe(false);
  });
});
