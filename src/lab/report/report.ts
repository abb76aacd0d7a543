/**
 * An experiment as one HTML file that opens offline: what was asked, the verdict, and, drawn by the page's own script from
 * the data within, tables, plots and the space-time diagram of single runs. Text in, text out; nothing is loaded from
 * anywhere, and the page's policy lets nothing be.
 */

import type { ExperimentResult } from '../experiment/result.ts';
import type { RunTrace } from '../experiment/traces.ts';
import { settingAt } from '../scenario/settings.ts';
import { embedJson, escapeHtml } from './escape.ts';
import { PAGE_MEASURES } from './measure-groups.ts';
import { packTrace } from './pack-trace.ts';
import { PAGE_SCRIPT, PAGE_SCRIPT_HASH, PAGE_STYLE, PAGE_STYLE_HASH } from './page.generated.ts';
import type { PageData } from './page-data.ts';
import { counted, verdictOf, verdictParts } from './verdict.ts';

/** The report. The same result and traces give the same bytes. */
export function reportHtml(result: ExperimentResult, traces: readonly RunTrace[]): string {
  const { scenario } = result;
  const data: PageData = {
    ...{ result, measures: PAGE_MEASURES },
    traces: traces.map((trace) => packTrace(trace, settingAt(scenario, trace.point, trace.seed).faults)),
  };
  const name = escapeHtml(scenario.name);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(verdictOf(result))}">
<link rel="icon" href="${ICON}">
<title>${name}</title>
<style>${PAGE_STYLE}</style>
<header class="page-head">
<p class="kicker"><span>Cairn experiment</span> <span>${escapeHtml(sizeOf(result))}</span></p>
<h1>${name}</h1>
${scenario.about === '' ? '' : `<p class="about">${escapeHtml(scenario.about)}</p>`}
<p class="verdict">${verdictHtml(result)}</p>
<noscript><p class="note">Tables, plots and the diagram are drawn by the script in this file, which your browser does not run.</p></noscript>
</header>
<main id="main">
<section id="compare" aria-labelledby="compare-title"><h2 id="compare-title">Side by side</h2></section>
<section id="plots" aria-labelledby="plots-title"><h2 id="plots-title">Plots</h2></section>
<section id="runs" aria-labelledby="runs-title"><h2 id="runs-title">One run, drawn</h2></section>
<section id="anomalies" aria-labelledby="anomalies-title"><h2 id="anomalies-title">Anomalies of this run</h2></section>
<section id="assertions" aria-labelledby="assertions-title"><h2 id="assertions-title">Assertions</h2>
${assertionsHtml(result)}
</section>
<section id="again" aria-labelledby="again-title"><h2 id="again-title">Run it again</h2>
${againHtml(result)}
</section>
</main>
<script type="application/json" id="data">${embedJson(data)}</script>
<script>${PAGE_SCRIPT}</script>
</html>
`;
}

/** Nothing but the script and the style of this very page. */
const POLICY = [
  ...["default-src 'none'", `script-src '${PAGE_SCRIPT_HASH}'`, `style-src '${PAGE_STYLE_HASH}'`],
  ...['img-src data:', "base-uri 'none'", "form-action 'none'"],
].join('; ');

/** Three stones, one on another. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='%231668b8'%3E%3Cellipse cx='16' cy='25' rx='13' ry='5'/%3E%3Cellipse cx='16' cy='15.5' rx='9' ry='4.4'/%3E%3Cellipse cx='16' cy='7.5' rx='5.5' ry='3.6'/%3E%3C/svg%3E";

function sizeOf({ seeds, strategies, points, operations, cairn }: ExperimentResult): string {
  const parts = [counted(strategies.length, 'strategy').replace('strategys', 'strategies')];
  if (points.length > 1) parts.push(counted(points.length, 'setting'));
  parts.push(counted(seeds.length, 'seed'), counted(operations, 'operation'), `version ${cairn}`);
  return parts.join(' · ');
}

function verdictHtml(result: ExperimentResult): string {
  const names = result.strategies.map(({ name }) => name);
  const parts = verdictParts(result).map(({ strategy, who, what }) => {
    const place = strategy === undefined ? -1 : names.indexOf(strategy);
    const bold = escapeHtml(what).replace(/\d[\d,]*/g, (digits) => `<b>${digits}</b>`);
    return `<span class="of" data-strategy="${place}">${escapeHtml(who)}</span> ${bold}`;
  });
  return parts.length === 0 ? escapeHtml(verdictOf(result)) : `${parts.join('; ')}.`;
}

function assertionsHtml({ assertions }: ExperimentResult): string {
  if (assertions.length === 0) return '<p class="note">The scenario asserts nothing.</p>';
  const rows = assertions.map(({ text, holds, found }) => {
    const word = holds ? 'holds' : 'fails';
    const seen = holds || found === '' ? '' : `<span class="found">found: ${escapeHtml(found)}</span>`;
    return `<li class="${word}"><span class="word">${holds ? '✓' : '✗'} ${word}</span> <span>${escapeHtml(text)} ${seen}</span></li>`;
  });
  return `<ul class="outcomes">${rows.join('')}</ul>`;
}

function againHtml({ cairn, scenario, seeds, strategies }: ExperimentResult): string {
  const rules = strategies.map(
    ({ title, rule, source }) =>
      `<dt>${escapeHtml(title)}</dt><dd>${escapeHtml(rule)}. <span class="source">${sourceHtml(source)}</span></dd>`,
  );
  return `<p>Same scenario, same seeds, same version: the same bytes. Save the scenario below as <code>scenario.json</code>, then:</p>
<pre class="command"><code>npx --package=cairndb@${escapeHtml(cairn)} cairn experiment scenario.json</code></pre>
<dl class="facts"><dt>Version</dt><dd>${escapeHtml(cairn)}</dd><dt>Seeds</dt><dd>${escapeHtml(seeds.join(', '))}</dd></dl>
<details><summary>The scenario, with every default filled in</summary><pre><code>${escapeHtml(JSON.stringify(scenario, null, 2))}</code></pre></details>
<details><summary>The rules of the strategies</summary><dl class="rules">${rules.join('')}</dl></details>`;
}

/** A link only to the web; anything else is shown as it is. */
function sourceHtml(source: string): string {
  const text = escapeHtml(source);
  return /^https?:\/\//.test(source) ? `<a href="${text}" rel="noreferrer">${text}</a>` : text;
}
