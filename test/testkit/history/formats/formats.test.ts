import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registerWorkload } from '../../../../bench/check-workload.ts';
import { Random } from '../../../../src/random.ts';
import { checkRegisters } from '../../../../src/testkit/history/check-registers.ts';
import { checkSiblings } from '../../../../src/testkit/history/check-siblings.ts';
import {
  detectFormat,
  HISTORY_FORMATS,
  type HistoryFormat,
  readHistoryText,
  writeHistoryText,
} from '../../../../src/testkit/history/formats/formats.ts';
import { HistoryFault, operationText, type RegisterHistory } from '../../../../src/testkit/history/register-history.ts';
import { simulateSiblings } from '../sibling-store.ts';

const golden = (name: string): string => readFileSync(`test/vectors/histories/${name}`, 'utf8');

/** A history of registers as lines: session, then its transactions. */
function told(text: string): string[] {
  const given = readHistoryText(text);
  if (given.format === 'siblings') throw new Error('no registers');
  const { sessions, aborted = [] } = given.history;
  return [
    ...sessions.map(({ name, transactions }) =>
      [`${name}:`, ...transactions.map((operations) => operations.map(operationText).join('+'))].join(' '),
    ),
    ...aborted.map(({ key, value }) => `aborted ${key} ${value}`),
  ];
}

describe('readHistoryText', () => {
  it.each<[string, HistoryFormat, string[]]>([
    // What failed did not happen; a timed-out write that ended its process did, after the rest of it.
    ['elle-rw-register.edn', 'edn', ['0: w(2,1) w(2,2)+w(1,2)', '2:', '1: r(1,2)+r(2,2)', 'aborted 1 1']],
    ['register.edn', 'edn', ['0: w(:x,1) w(:x,2)', '1: r(:x,2) r(:x,1)']],
    ['register.jsonl', 'jepsen-json', ['0: w(x,1) r(x,2)', '1: r(x,2) r(x,1)', '2: w(x,2)']],
    ['plume.txt', 'plume', ['1: w(0,1) w(1,2)', '2: r(1,2) r(0,nothing)', 'aborted 5 9']],
    ['dbcop.json', 'dbcop', ['0: w(0,1)+w(1,2) r(1,2)+w(0,3)', '1: r(0,1)+w(1,4)', 'aborted 1 5']],
    ['dbcop-first.json', 'dbcop', ['0: w(0,1)', '1: r(0,nothing)']],
  ])('readHistoryText reads %s, and tells that it is %s', (name, format, lines) => {
    expect(detectFormat(golden(name))).toBe(format);
    expect(told(golden(name))).toEqual(lines);
  });

  it('readHistoryText reads siblings with dots as pairs, as texts and as drive gives them', () => {
    const given = readHistoryText(golden('siblings.jsonl'));
    expect(given.format).toBe('siblings');
    expect(given.format === 'siblings' && given.history.sessions).toEqual([
      { name: 'a', operations: [{ kind: 'put', key: 'k', dot: 'a:1', context: [] }] },
      {
        name: 'b',
        operations: [
          { kind: 'get', key: 'k', shown: ['a:1'] },
          { kind: 'delete', key: 'k', dot: 'b:1', context: 'session' },
          { kind: 'get', key: 'k', shown: ['b:1'] },
          { kind: 'get', key: 'k', shown: ['a:1'] },
        ],
      },
    ]);
  });

  it('readHistoryText puts a write of unknown outcome before nothing else of its process', () => {
    const events = [
      { process: 7, type: 'invoke', f: 'write', value: ['x', 1] },
      { process: 7, type: 'info', f: 'write', value: ['x', 1] },
      { process: 7, type: 'ok', f: 'write', value: ['x', 2] },
      { process: 8, type: 'invoke', f: 'write', value: ['y', 1] },
    ];
    expect(told(JSON.stringify(events))).toEqual(['7: w(x,2)', '8: w(y,1)', '7?0: w(x,1)']);
  });

  it('readHistoryText takes a 0 that was written in Plume for a value, and one that was not for nothing', () => {
    expect(told('r(1,0,1,1)\nw(1,0,2,2)\nr(2,0,1,1)\n')).toEqual(['1: r(1,0)+r(2,nothing)', '2: w(1,0)']);
  });

  it('readHistoryText reads a single register without a key, and values of other kinds as text', () => {
    const text =
      '{:process 0 :type :ok :f :write :value 3}\n{:process 0 :type :ok :f :r :value nil}\n{:process 1 :type :ok :f :txn :value [[:w :k [1 {:a 2}]]]}';
    expect(told(text)).toEqual(['0: w(register,3) r(register,nothing)', '1: w(:k,[1 {:a 2}])']);
  });

  it.each([
    ['hello', 'line 1: Cannot tell the format from "hello"'],
    ['', 'line 1: Cannot tell the format'],
    ['w(1,1,1,1)\nw(1,x,1,1)', 'line 2: Cannot read "w(1,x,1,1)"'],
    [
      '{:process 0 :type :ok :f :write :value 1}\n{:process 0 :type :done}',
      'line 2: Cannot read the operation: its type is done',
    ],
    ['{:process 0 :type :ok :f :cas :value [1 2]}', 'line 1: Cannot read the operation: its f is cas'],
    ['{:process 0 :type :ok :f :txn :value [[:append 1 2]]}', 'line 1: Cannot read the operation: it holds append'],
    ['{:process 0 :type :ok :f :write :value nil}', 'line 1: Cannot read the operation: it writes nothing to register'],
    ['{"process":0,"type":"ok","f":"txn","value":1}', 'line 1: Cannot read the operation: its value is no vector'],
    ['{"process":0,"type":"ok","f":"write","value":1}\n{"process"', 'line 2: Cannot read the JSON: '],
    [
      '[\n{"process":0,"type":"ok","f":"write","value":1},\n{"process":0,"type":"ok"}\n]',
      'line 3: Cannot read the operation: its f is missing',
    ],
    ['{:type :ok :f :read :value 1}', 'line 1: Cannot read the operation: its process is missing'],
    ['[[\n{"events":[}]]', 'line 2: Cannot read the JSON: '],
    [
      '[[{"events":[["x",1,1]]}]]',
      'session 0, transaction 0, event 0: Cannot read it: it is neither a read nor a write',
    ],
    ['[[{"events":[["w",1,null]]}]]', 'session 0, transaction 0, event 0: Cannot read it: it has no version'],
    ['[[{}]]', 'session 0, transaction 0: Cannot read it: it has no list of events'],
    ['{"session":"a","op":"put","key":"k"}', 'line 1: Cannot read the operation: "dot" is missing'],
    [
      '{"session":"a","op":"get","key":"k","shown":[["a",1.5]]}',
      'line 1: Cannot read the operation: "shown" is ["a",1.5]',
    ],
    ['{"session":"a","op":"get","key":"k"}', 'line 1: Cannot read the operation: "shown" is no list of dots'],
    ['{"session":"a","op":"cas","key":"k"}', 'line 1: Cannot read the operation: its op is "cas"'],
    ['{"session":"a","op":"get","key":"k","shown":[]}\n3', 'line 2: Cannot read the operation: it is no object'],
  ])('readHistoryText refuses %j', (text, message) => {
    expect(() => readHistoryText(text)).toThrow(HistoryFault);
    expect(() => readHistoryText(text)).toThrow(message);
  });
});

describe('writeHistoryText', () => {
  const history = registerWorkload({ operations: 300, sessions: 4, keys: 10 });
  const stale: RegisterHistory = {
    ...history,
    sessions: [
      ...history.sessions,
      {
        name: 's4',
        transactions: [
          [
            { kind: 'write', key: 'z', value: 'one' },
            { kind: 'read', key: 'z', value: 'one' },
          ],
          [{ kind: 'write', key: 'z', value: 'two' }],
          [{ kind: 'read', key: 'z', value: 'one' }],
        ],
      },
    ],
    aborted: [{ key: 'z', value: 'three' }],
  };

  it.each(HISTORY_FORMATS.filter((format) => format !== 'siblings'))(
    'writeHistoryText writes %s that is told by its contents, reads the same, and gives the same verdict',
    (format) => {
      const text = writeHistoryText({ format: 'edn', history: stale }, format);
      const again = readHistoryText(text);
      expect(again.format).toBe(format);
      if (again.format === 'siblings') return;
      const { sessions, aborted } = again.history;
      const reads = ({ sessions: all }: RegisterHistory): string[] =>
        all.map(({ transactions }) =>
          transactions.map((t) => t.map((o) => (o.value === null ? 'n' : o.kind)).join('+')).join(' '),
        );
      expect(reads({ sessions: sessions.slice(0, 5) })).toEqual(reads(stale));
      expect(aborted).toHaveLength(1);
      const patterns = checkRegisters(again.history, 'cc').violations.map(({ pattern }) => pattern);
      expect(patterns).toEqual(['WriteCORead']);
      expect(writeHistoryText(again, format) === text).toBe(true);
    },
  );

  it('writeHistoryText writes siblings that read the same', () => {
    const given = { format: 'siblings' as const, history: simulateSiblings(new Random(5), 80) };
    const text = writeHistoryText(given, 'siblings');
    const again = readHistoryText(text);
    const left = given.history.sessions.filter(({ operations }) => operations.length > 0);
    expect(again).toEqual({ format: 'siblings', history: { sessions: left } });
    expect(again.format === 'siblings' && checkSiblings(again.history).holds).toBe(true);
  });

  it('writeHistoryText keeps integers and numbers other names', () => {
    const plain = readHistoryText('w(3,7,9,1)\n', 'plume');
    expect(writeHistoryText(plain, 'plume')).toBe('w(3,7,9,0)\n');
    expect(writeHistoryText({ format: 'edn', history: stale }, 'plume')).toContain('w(11,151,');
  });

  it('writeHistoryText refuses siblings as registers, and registers as siblings', () => {
    const siblings = readHistoryText(golden('siblings.jsonl'));
    expect(() => writeHistoryText(siblings, 'plume')).toThrow('Cannot write siblings as plume');
    expect(() => writeHistoryText({ format: 'edn', history }, 'siblings')).toThrow(
      'Cannot write registers as siblings',
    );
  });
});
