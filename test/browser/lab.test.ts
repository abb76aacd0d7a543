import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatResult } from '../../src/lab/index.ts';
import { runSmall } from '../lab/experiment/small-result.ts';
import { caller, launchChromium, servePage } from './chromium.ts';
import { hasChromium } from './has-chromium.ts';
import type { page as pageFunctions } from './lab-page.ts';

const call = caller<typeof pageFunctions>();

if (hasChromium('experiments')) {
  test('runExperiment gives the same bytes in a real browser as here', async () => {
    const profile = mkdtempSync(join(tmpdir(), 'cairn-lab-'));
    const served = await servePage('lab-page.ts');
    const browser = await launchChromium(profile);
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${served.port}/`);
      expect(await call(page, 'result')).toBe(formatResult(await runSmall()));
    } finally {
      await browser.close();
      served.close();
      rmSync(profile, { recursive: true, force: true });
    }
  });
}
