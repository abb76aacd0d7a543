/**
 * Writes the result of each preset into its page in docs/experiments, as `cairn experiment` prints it, and a picture of its
 * report where a browser is there. `--only NAME` does one of them, `--no-pictures` leaves the pictures as they are.
 */

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { experimentTable } from '../src/cli/experiment-table.ts';
import { paintFor } from '../src/cli/terminal.ts';
import { runExperiment } from '../src/lab/experiment/experiment.ts';
import { traceFirstRuns } from '../src/lab/experiment/traces.ts';
import type { Preset } from '../src/lab/presets/preset.ts';
import { PRESETS } from '../src/lab/presets/presets.ts';
import { reportHtml } from '../src/lab/report/report.ts';
import { strategiesNamed } from '../src/lab/strategies/chosen.ts';
import { isChromiumThere, launchChromium } from '../test/browser/chromium.ts';

const WIDTH = 100;
const BLOCK = /(<!-- result: [^>]*-->\n)[\s\S]*?(<!-- \/result -->)/;

/** A page with another result in the place of its own. Throws: RangeError for a page without a place for it. */
export function withResult(page: string, result: string): string {
  if (!BLOCK.test(page)) throw new RangeError('Cannot write the result: the page has no place for it');
  return page.replace(BLOCK, (_all, begin: string, end: string) => `${begin}${result}${end}`);
}

/** Where the page of a preset is. */
export function pageOf(name: string): string {
  return fileURLToPath(new URL(`../docs/experiments/${name}.md`, import.meta.url));
}

async function writePage({ name, about }: Preset, table: string, hasPicture: boolean): Promise<void> {
  const page = readFileSync(pageOf(name), 'utf8');
  const picture = hasPicture ? `![The report of ${name}: ${about}](${name}.png)\n\n` : '';
  writeFileSync(pageOf(name), withResult(page, `\n${picture}\`\`\`\n${table}\`\`\`\n\n`));
}

async function takePicture(html: string, name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-report-'));
  const file = join(folder, 'report.html');
  writeFileSync(file, html);
  const browser = await launchChromium(join(folder, 'profile'));
  try {
    const page = await browser.newPage();
    await page.setViewportSize({ width: 1_120, height: 1_000 });
    await page.goto(pathToFileURL(file).href);
    await page.screenshot({ path: pageOf(name).replace(/\.md$/, '.png') });
  } finally {
    await browser.close();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, 'no-pictures': { type: 'boolean' } } });
  const isPictured = isChromiumThere() && values['no-pictures'] !== true;
  for (const preset of PRESETS) {
    if (values.only !== undefined && values.only !== preset.name) continue;
    const result = await runExperiment(preset.scenario);
    const table = experimentTable(result, WIDTH, paintFor({}));
    if (isPictured) {
      const traces = traceFirstRuns(result.scenario, strategiesNamed(result.scenario.strategies));
      await takePicture(reportHtml(result, traces), preset.name);
    }
    await writePage(preset, table, isPictured);
    console.log(`docs/experiments/${preset.name}.md: written`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
