import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reportHtml } from '../../src/lab/report/report.ts';
import { sampleResult } from '../lab/report/sample-result.ts';
import { launchChromium } from './chromium.ts';
import { hasChromium } from './has-chromium.ts';

const PHONE = { width: 390, height: 844 };
/** Evaluated in the page, where there is a document. */
const FOCUSED = "document.activeElement?.className ?? ''";
const PAPER = 'getComputedStyle(document.documentElement).backgroundColor';
const DESK = { width: 1_280, height: 900 };

let folder: string;
let address: string;
let context: BrowserContext;
let page: Page;
/** What the page asked for, and what it complained of. */
let asked: string[];
let complaints: string[];

const diagram = () => page.locator('.diagram');
const panel = () => page.locator('.panel');
const title = () => panel().locator('h3').innerText();
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });

async function open(): Promise<void> {
  await page.goto(address);
  await page.locator('html[data-ready]').waitFor();
}

async function choose(strategy: string): Promise<void> {
  await page.getByLabel('Run', { exact: true }).selectOption({ label: strategy });
}

describe.runIf(hasChromium('a report'))('a report in Chromium', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cairn-report-'));
    const { result, traces } = await sampleResult({ r: [1, 2], w: [1] });
    const file = join(folder, 'report.html');
    writeFileSync(file, reportHtml(result, traces));
    address = pathToFileURL(file).href;
    context = await launchChromium(join(folder, 'profile'));
    await context.setOffline(true);
  });

  afterAll(async () => {
    await context?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    page = await context.newPage();
    await page.setViewportSize(DESK);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    asked = [];
    complaints = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    return async () => {
      expect(complaints).toEqual([]);
      expect(asked.filter((url) => url !== address && !url.startsWith('data:'))).toEqual([]);
      await page.close();
    };
  });

  test('opens from a file without a network, and shows all its parts', async () => {
    await open();
    expect(await page.locator('h2').allInnerTexts()).toEqual([
      ...['Side by side', 'Plots', 'One run, drawn', 'Anomalies of this run', 'Assertions', 'Run it again'],
    ]);
    expect(await page.locator('.compare thead th').allInnerTexts()).toEqual([
      ...['Cairn', 'last writer, wall clock', 'last writer, hybrid clock'],
    ]);
    expect(await page.locator('.chart svg[role="img"]').count()).toBeGreaterThan(6);
    const unnamed = await page.locator('.chart svg:not([aria-label])').count();
    expect(unnamed).toBe(0);
  });

  test('folds away what does not differ, marks the best, and follows the chosen setting', async () => {
    await open();
    const rows = page.locator('.compare tbody tr:not(.group)');
    const before = await rows.count();
    await button(/in which nothing differs/).click();
    expect(await rows.count()).toBeGreaterThan(before);
    const lost = rows.filter({ hasText: 'writes lost' });
    expect(await lost.locator('td').first().locator('.tick').count()).toBe(1);
    const [one, other] = [
      await page.locator('.compare').innerText(),
      await page.getByLabel('Setting').selectOption('1'),
    ];
    expect(other).toEqual(['1']);
    expect(await page.locator('.compare').innerText()).not.toBe(one);
  });

  test('gives every plot as a table', async () => {
    await open();
    const chart = page.locator('.chart').first();
    await chart.getByText('As a table').click();
    await expect.poll(() => chart.locator('table.data tbody tr').count()).toBe(3);
  });

  test('begins at the first loss, and a click on a mark shows its panel', async () => {
    await open();
    expect(await title()).toMatch(/^Lost: write \d+ of key-\d+$/);
    const ring = page.locator('.ring');
    await ring.waitFor();
    await diagram().focus();
    await diagram().scrollIntoViewIfNeeded();
    const box = await ring.boundingBox();
    if (box === null) return expect.unreachable('the ring has no place');
    await page.keyboard.press('Escape');
    expect(await panel().locator('h3').count()).toBe(0);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    expect(await title()).toMatch(/^Lost: write \d+ of key-\d+$/);
    for (const term of ['key', 'who', 'when', 'based on', 'shown after it', 'clock', 'overwritten by'])
      expect(await panel().getByText(term, { exact: true }).count()).toBeGreaterThan(0);
  });

  test('leads from an operation to its causal past, and shows the clock where there is one', async () => {
    await open();
    await choose('Cairn · seed 1 · R 1');
    expect(await button('Nothing was lost').isDisabled()).toBe(true);
    await page.getByLabel('Only this key').fill('key-1');
    await diagram().focus();
    await page.keyboard.press('End');
    const past = panel().locator('.past ol button');
    for (let step = 0; step < 80 && (await past.count()) === 0; step += 1) await page.keyboard.press('ArrowLeft');
    expect(await panel().locator('.clock li').count()).toBe(5);
    const name = await past.first().innerText();
    await past.first().click();
    expect((await title()).toLowerCase()).toBe(`${name} of key-1`);
  });

  test('filters by key, and jumps from anomaly to anomaly of that key', async () => {
    await open();
    await choose('last writer, wall clock · seed 1 · R 1');
    const options = await page
      .locator('#keys option')
      .evaluateAll((all) => all.map((one) => one.getAttribute('label')));
    expect(options[0]).toMatch(/^key-\d+: \d+ anomalies$/);
    const key = (options[0] ?? '').split(':')[0] ?? '';
    await page.getByLabel('Only this key').fill(key);
    const seen = new Set<string>();
    for (let step = 0; step < 5; step += 1) {
      await button('Next anomaly').click();
      seen.add(await title());
    }
    expect([...seen].filter((text) => !text.endsWith(` of ${key}`))).toEqual([]);
    expect(seen.size).toBeGreaterThan(1);
    await page.getByLabel('Only this key').fill('no such key');
    expect(await page.getByLabel('Only this key').getAttribute('aria-invalid')).toBe('true');
    await button('All keys').click();
    expect(await page.getByLabel('Only this key').inputValue()).toBe('');
  });

  test('lists anomalies, and each jumps into the diagram', async () => {
    await open();
    const entry = page.locator('.anomalies .jump').nth(2);
    const words = (await entry.locator('span').last().innerText()).toLowerCase();
    await entry.click();
    expect(await title()).toBe(`Lost: ${words}`);
    expect(await page.evaluate(FOCUSED)).toBe('diagram');
  });

  test('is moved and zoomed by hand and by its slider', async () => {
    await open();
    const slider = page.getByLabel('Time: where the window is');
    const where = () => slider.getAttribute('aria-valuetext');
    const start = await where();
    await button('Zoom out').click();
    await expect.poll(where).not.toBe(start);
    const zoomed = await where();
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(where).not.toBe(zoomed);
    const slid = await where();
    await diagram().scrollIntoViewIfNeeded();
    const box = await diagram().boundingBox();
    if (box === null) return expect.unreachable('the diagram has no place');
    await page.mouse.move(box.x + 400, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + 250, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await expect.poll(where).not.toBe(slid);
  });

  test('can be used by keyboard alone', async () => {
    await open();
    const focused = () => page.evaluate<string>(FOCUSED);
    for (let step = 0; step < 200 && (await focused()) !== 'diagram'; step += 1) await page.keyboard.press('Tab');
    expect(await focused()).toBe('diagram');
    await page.keyboard.press('Escape');
    await page.keyboard.press('f');
    const first = await title();
    await page.keyboard.press('n');
    const next = await title();
    expect([first, next].every((text) => /^[A-Z]/.test(text))).toBe(true);
    await page.keyboard.press('p');
    expect(await title()).toBe(first);
    await page.keyboard.press('ArrowRight');
    expect(await title()).not.toBe(first);
    await page.keyboard.press('Enter');
    expect(await focused()).toContain('panel');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('diagram');
    const announced = await panel().locator('[aria-live]').textContent();
    expect(announced).toContain(await title());
  });

  test.each(['light', 'dark'] as const)('fits a phone in %s without a scroll to the side', async (colorScheme) => {
    await page.setViewportSize(PHONE);
    await page.emulateMedia({ colorScheme });
    await open();
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBe(PHONE.width);
    const paper = await page.evaluate(PAPER);
    expect(paper).toBe(colorScheme === 'dark' ? 'rgb(21, 24, 28)' : 'rgb(253, 253, 251)');
  });

  test('changes its theme when asked to', async () => {
    await open();
    const paper = () => page.evaluate(PAPER);
    await page.emulateMedia({ colorScheme: 'light' });
    const before = await paper();
    await button('Theme: auto').click();
    await button('Theme: light').click();
    expect(await page.locator('.theme').innerText()).toBe('Theme: dark');
    expect(await paper()).not.toBe(before);
  });
});
