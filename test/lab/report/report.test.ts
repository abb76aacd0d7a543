import { beforeAll, describe, expect, test } from 'vitest';
import type { ExperimentResult } from '../../../src/lab/experiment/result.ts';
import type { RunTrace } from '../../../src/lab/experiment/traces.ts';
import type { PageData } from '../../../src/lab/report/page-data.ts';
import { reportHtml } from '../../../src/lab/report/report.ts';
import { sampleResult } from './sample-result.ts';

describe('reportHtml', () => {
  let result: ExperimentResult;
  let traces: readonly RunTrace[];
  let html: string;

  beforeAll(async () => {
    const text = { name: '</script><b>&', about: '<img src=x onerror=alert(1)>' };
    ({ result, traces } = await sampleResult({ ...text, seeds: [3] }));
    html = reportHtml(result, traces);
  });

  test('reportHtml gives the same bytes for the same result', () => {
    expect(reportHtml(result, traces)).toBe(html);
  });

  test('reportHtml lets no text of a scenario become markup', () => {
    expect(html).toContain('<title>&lt;/script&gt;&lt;b&gt;&amp;</title>');
    expect(html).not.toContain('<img');
    expect(html.match(/<\/script>/g)).toHaveLength(2);
  });

  test('reportHtml embeds the result and the runs as data', () => {
    const text = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    const data = JSON.parse(text) as PageData;
    expect(data.result).toEqual(JSON.parse(JSON.stringify(result)));
    expect(data.traces.map(({ strategy }) => strategy)).toEqual(['cairn', 'lww-wall', 'lww-hybrid']);
    for (const [at, { operations, anomalies, kept }] of data.traces.entries()) {
      const events = traces[at]?.events ?? [];
      expect(kept.events).toBe(kept.eventsAll);
      expect(operations).toHaveLength(events.filter(({ kind }) => kind === 'operation').length);
      expect(anomalies).toHaveLength(events.filter(({ kind }) => kind === 'anomaly').length);
    }
  });

  test('reportHtml names nothing that a browser would load, and forbids it', () => {
    expect(html).toContain(`content="default-src 'none'; script-src 'sha256-`);
    const page = html.replace(/<script type="application\/json".*?<\/script>/s, '').replace(/<pre>.*?<\/pre>/gs, '');
    const loaded = [...page.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address);
    expect(loaded.filter((address) => !/^(data:|https:\/\/)/.test(address))).toEqual([]);
    expect(page).not.toMatch(/<(link rel="stylesheet|script src|iframe|object)/);
    expect(page).not.toMatch(/@import|url\(/);
  });

  test('reportHtml says how to run it again, and what was asserted', () => {
    expect(html).toContain('cairn experiment scenario.json');
    expect(html).toContain('✗ fails');
    const { assertions } = result;
    expect(assertions.map(({ holds }) => holds)).toEqual([true, false]);
    expect(html).toContain(`found: ${assertions[1]?.found}`);
  });

  test('reportHtml does without traces, assertions and a word about it', () => {
    const bare = reportHtml({ ...result, scenario: { ...result.scenario, about: '' }, assertions: [] }, []);
    expect(bare).toContain('The scenario asserts nothing.');
    expect(bare).not.toContain('class="about"');
  });
});
