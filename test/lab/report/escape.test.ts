import { describe, expect, test } from 'vitest';
import { embedJson, escapeHtml } from '../../../src/lab/report/escape.ts';

describe('escapeHtml', () => {
  test('escapeHtml leaves nothing that could be markup or end an attribute', () => {
    expect(escapeHtml(`<b title="x" id='y'>&`)).toBe('&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;');
    expect(escapeHtml('plain text')).toBe('plain text');
  });
});

describe('embedJson', () => {
  const nasty = { '</script>': ['<!--<script>', ']]>', '\u2028\u2029', '&lt;', '"\\'] };

  test('embedJson says the same as JSON', () => {
    expect(JSON.parse(embedJson(nasty))).toEqual(nasty);
  });

  test('embedJson holds no sign with which an element could end or another begin', () => {
    expect(embedJson(nasty)).not.toMatch(/[<>&\u2028\u2029]/);
  });
});
