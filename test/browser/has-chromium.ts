/** What becomes of the tests in a real browser where there is none: one that says so, skipped or failed. */

import { expect, test } from 'vitest';
import { CHROMIUM, isChromiumThere } from './chromium.ts';

/** Whether there is a browser; without one, a test that says so stands for those of `subject`. */
export function hasChromium(subject: string): boolean {
  if (isChromiumThere()) return true;
  const isRequired = process.env['REQUIRE_SERVICES'] === '1';
  test(`${subject} in a real browser${isRequired ? '' : ' is skipped'}: there is no ${CHROMIUM}, set CHROMIUM`, (t) => {
    if (isRequired) expect.unreachable(`no browser at ${CHROMIUM}`);
    t.skip(`no browser at ${CHROMIUM}: install chromium or set CHROMIUM`);
  });
  return false;
}
