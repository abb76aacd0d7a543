/** The page of a report is generated: what is committed is what its sources bundle to, byte by byte. */

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { isPageModuleCurrent } from '../../scripts/build-report.ts';
import { PAGE_SCRIPT, PAGE_SCRIPT_HASH, PAGE_STYLE, PAGE_STYLE_HASH } from '../../src/lab/report/page.generated.ts';

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

test('page.generated.ts is what `npm run build:report` writes', async () => {
  expect(await isPageModuleCurrent()).toBe(true);
});

test('page.generated.ts names the hashes of what it holds, which no end tag can cut short', () => {
  expect([PAGE_SCRIPT_HASH, PAGE_STYLE_HASH]).toEqual([hashOf(PAGE_SCRIPT), hashOf(PAGE_STYLE)]);
  expect(PAGE_SCRIPT.length).toBeGreaterThan(10_000);
  expect(/<\/(script|style)/i.test(PAGE_SCRIPT + PAGE_STYLE)).toBe(false);
});
