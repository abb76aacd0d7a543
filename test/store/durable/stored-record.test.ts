import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../../src/clock/dot-set.ts';
import { freezeValue } from '../../../src/codec/value.ts';
import { encodeValue } from '../../../src/codec/value-encoding.ts';
import { IdBook } from '../../../src/store/durable/id-book.ts';
import { KIND, STORED_FORMAT, textKey } from '../../../src/store/durable/layout.ts';
import { decodeStoredRecord, encodeStoredRecord } from '../../../src/store/durable/stored-record.ts';
import type { StoreRecord } from '../../../src/store/record.ts';

type Golden = { readonly is: string; readonly key: string; readonly ids: readonly string[]; readonly hex: string };

function goldenOf(format: number): readonly Golden[] {
  const place = new URL(`../../vectors/stored-record/v${format}/golden.json`, import.meta.url);
  return JSON.parse(readFileSync(place, 'utf8')) as readonly Golden[]; // written by us
}

const golden = goldenOf(STORED_FORMAT);
const everyGolden = [1, 2, 3].flatMap((format) => goldenOf(format).map((each) => ({ ...each, format })));

const TIME = 1_763_800_000_000;
/** The records behind the golden bytes, by what they are. */
const RECORDS: Readonly<Record<string, StoreRecord>> = {
  'a settled value': {
    versions: [{ id: 'berlin~1', counter: 7, time: TIME, value: freezeValue({ note: 'milk', n: 3 }) }],
    residual: DotSet.empty,
  },
  'a settled tombstone': {
    versions: [{ id: 'berlin~1', counter: 8, time: TIME, value: undefined }],
    residual: DotSet.empty,
  },
  'a value beside a tombstone, with a residual': {
    versions: [
      { id: 'berlin~1', counter: 9, time: TIME, value: undefined },
      { id: 'lima~2', counter: 300, time: TIME + 1, value: freezeValue([1, 'two', null, new Date(0)]) },
    ],
    residual: DotSet.empty.add('oslo~3', 4),
  },
  'a residual alone': { versions: [], residual: DotSet.empty.addRange('oslo~3', 2, 5) },
};

function recordThat(is: string): StoreRecord {
  const record = RECORDS[is];
  if (record === undefined) throw new RangeError(is);
  return record;
}

function bookOf(ids: readonly string[]): IdBook {
  const book = new IdBook();
  for (const id of ids) book.numberOf(id);
  return book;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('encodeStoredRecord', () => {
  test('has golden bytes for every kind of record', () => {
    expect(golden.map(({ is }) => is)).toEqual(Object.keys(RECORDS));
  });

  test.each(golden)('of $is gives the golden bytes', ({ is, key, ids, hex }) => {
    expect(hexOf(encodeStoredRecord(textKey(KIND.record, key), recordThat(is), bookOf(ids)))).toBe(hex);
  });

  test('costs at most 12 bytes beside value, format and checksum for a settled key', () => {
    const value = freezeValue({ id: 1, name: 'Ada' });
    const versions = [{ id: 'a', counter: 2 ** 28 - 1, time: TIME, value }];
    const at = textKey(KIND.record, 'k');
    const bytes = encodeStoredRecord(at, { versions, residual: DotSet.empty }, bookOf(['a']));
    expect(bytes.length - (encodeValue(value).length - 1) - 1 - 4).toBeLessThanOrEqual(12);
  });
});

describe('decodeStoredRecord', () => {
  test.each(everyGolden)('reads the golden bytes of format $format: $is', ({ is, key, ids, hex }) => {
    const record = recordThat(is);
    const read = decodeStoredRecord(textKey(KIND.record, key), Uint8Array.from(Buffer.from(hex, 'hex')), bookOf(ids));
    expect(read.versions).toEqual(record.versions);
    expect(read.residual.equals(record.residual)).toBe(true);
  });

  const at = textKey(KIND.record, 'k');
  const record = RECORDS['a settled value'] as StoreRecord; // in the table
  const sealed = encodeStoredRecord(at, record, bookOf(['berlin~1']));

  test('refuses the bytes of another key', () => {
    expect(() => decodeStoredRecord(textKey(KIND.record, 'K'), sealed, bookOf(['berlin~1']))).toThrow(
      expect.objectContaining({ code: 'RECORD_CORRUPT' }),
    );
  });

  test('refuses a version whose id has no number', () => {
    expect(() => decodeStoredRecord(at, sealed, new IdBook())).toThrow(
      expect.objectContaining({ code: 'RECORD_CORRUPT' }),
    );
  });
});
