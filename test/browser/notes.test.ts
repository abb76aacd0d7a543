import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveNotes } from '../../examples/browser/serve.ts';
import { launchChromium } from './chromium.ts';
import { hasChromium } from './has-chromium.ts';

let served: Awaited<ReturnType<typeof serveNotes>>;
let profile: string;
let context: BrowserContext;

async function openPage(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(served.url);
  await page.getByText('linked').waitFor();
  return page;
}

async function add(page: Page, text: string): Promise<void> {
  await page.getByLabel('A new note').fill(text);
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByText(text, { exact: true }).waitFor();
}

describe.runIf(hasChromium('examples/browser'))('examples/browser in Chromium', () => {
  beforeAll(async () => {
    served = await serveNotes(0, undefined);
    profile = mkdtempSync(join(tmpdir(), 'cairn-chromium-'));
    context = await launchChromium(profile);
  });

  afterAll(async () => {
    await context?.close();
    await served?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  test('is a full replica: it writes while it is offline, meets the others again, and shows what both changed', async () => {
    const [here, there] = [await openPage(), await openPage()];
    await add(here, 'buy milk');
    await there.getByText('buy milk').waitFor();

    await here.getByRole('button', { name: 'Go offline' }).click();
    await here.getByText('on its own').waitFor();
    await there.getByRole('button', { name: 'Delete' }).click();
    await there.getByText('buy milk').waitFor({ state: 'detached' });
    here.once('dialog', (dialog) => void dialog.accept('buy milk and bread'));
    await here.getByRole('button', { name: 'Edit' }).click();
    await here.getByText('buy milk and bread').waitFor();
    await here.getByText('are waiting').waitFor();

    // What it wrote alone is in its own database.
    await here.reload();
    await here.getByText('linked').waitFor();
    for (const page of [here, there]) await page.getByText('Changed in two places at once').waitFor();
    await there.getByRole('button', { name: 'buy milk and bread' }).click();
    for (const page of [here, there])
      await page.getByText('Changed in two places at once').waitFor({ state: 'detached' });
    await here.getByText('buy milk and bread').waitFor();
    const [entry] = await served.home.store.entries().toArray();
    expect(entry?.[1]).toMatchObject({ status: 'live', value: { text: 'buy milk and bread' } });
  });
});
