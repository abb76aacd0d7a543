import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { traces } from '../sim/traces.ts';
import { caller, launchChromium, servePage } from './chromium.ts';
import { hasChromium } from './has-chromium.ts';
import type { page as pageFunctions } from './sim-page.ts';

const call = caller<typeof pageFunctions>();
const RUNS = { from: 1, count: 6, minutes: 0.2 };

if (hasChromium('the simulator')) {
  test('runPlan leaves the same trace in a real browser as here', async () => {
    const profile = mkdtempSync(join(tmpdir(), 'cairn-sim-'));
    const served = await servePage('sim-page.ts');
    const browser = await launchChromium(profile);
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${served.port}/`);
      expect(await call(page, 'traces', RUNS)).toEqual(await traces(RUNS));
    } finally {
      await browser.close();
      served.close();
      rmSync(profile, { recursive: true, force: true });
    }
  });
}
