import { describe, expect, it } from 'vitest';
import { detectFormat, readHistoryText } from '../../../../src/testkit/history/formats/formats.ts';
import { areSiblingsInEdn, readSiblingEdn } from '../../../../src/testkit/history/formats/sibling-edn.ts';
import { HistoryFault } from '../../../../src/testkit/history/register-history.ts';

const PUT = '{:process 0, :type :ok, :f :put, :value ["k" "v"], :writes [[:put "k" "a:1" []]]}';

describe('readSiblingEdn', () => {
  it('readSiblingEdn reads sessions, writes alone that may have happened, and nothing of what failed', () => {
    const text = [
      '{:process 0, :type :invoke, :f :put, :value ["k" "v"]}',
      PUT,
      '{:process 1, :type :ok, :f :get, :value ["k" ["a:1"]]}',
      '{:process 1, :type :fail, :f :put, :value ["k" "w"]}',
      '{:process 1, :type :info, :f :batch, :value [["k" "l"] ["x" "y"]], :writes [[:put "k" "b:1" ["a:1"]] [:delete "l" "b:2" nil]]}',
      '{:process 0, :type :info, :f :get, :value ["k" nil]}',
      '{:process 0, :type :ok, :f :get, :value ["k" []], :session false}',
    ].join('\n');
    expect(detectFormat(text)).toBe('edn');
    const { format, history } = readHistoryText(text);
    expect(format).toBe('siblings');
    expect(history.sessions).toEqual([
      { name: '0', operations: [{ kind: 'put', key: 'k', dot: 'a:1', context: [] }] },
      { name: '1', operations: [{ kind: 'get', key: 'k', shown: ['a:1'] }] },
      { name: '1, line 5', operations: [{ kind: 'put', key: 'k', dot: 'b:1', context: ['a:1'] }] },
      { name: '1, line 5', operations: [{ kind: 'delete', key: 'l', dot: 'b:2', context: { atLeast: [] } }] },
      { name: '0, line 7', operations: [{ kind: 'get', key: 'k', shown: [] }] },
    ]);
  });

  it.each([
    ['3', 'line 2: Cannot read the operation: it is no map'],
    ['{:type :ok, :f :get}', 'line 2: Cannot read the operation: its process is missing'],
    ['{:process 0, :type :done, :f :get}', 'line 2: Cannot read the operation: its type is done'],
    ['{:process 0, :type :ok, :f :read}', 'line 2: Cannot read the operation: its f is read, give get, put'],
    ['{:process 0, :type :ok, :f :get, :value 1}', 'line 2: Cannot read the operation: its value is not [key [dots]]'],
    [
      '{:process 0, :type :ok, :f :get, :value ["k" nil]}',
      'line 2: Cannot read the operation: it has no vector of dots',
    ],
    ['{:process 0, :type :ok, :f :put, :value ["k" "v"]}', 'line 2: Cannot read the operation: it has no :writes'],
    ['{:process 0, :type :ok, :f :put, :writes 1}', 'line 2: Cannot read the operation: its writes are no vector'],
    [
      '{:process 0, :type :ok, :f :put, :writes [[:get "k" "a:2" []]]}',
      'line 2: Cannot read the operation: one of its',
    ],
    [
      '{:process 0, :type :ok, :f :put, :writes [[:put "k" "a:2" [1]]]}',
      'line 2: Cannot read the operation: it has no vec',
    ],
  ])('readSiblingEdn refuses %s', (line, message) => {
    expect(() => readSiblingEdn(`${PUT}\n${line}`)).toThrow(HistoryFault);
    expect(() => readSiblingEdn(`${PUT}\n${line}`)).toThrow(message);
  });
});

describe('areSiblingsInEdn', () => {
  it.each([
    [PUT, true],
    ['[{:process 0, :type :invoke, :f :get, :value ["k" nil]}]', true],
    ['{:process 0, :type :ok, :f :read, :value ["put" 1]}', false],
    ['{:process 0, :type :ok, :f :txn, :value [[:w :get 1]]}', false],
    ['', false],
  ])('areSiblingsInEdn tells %s', (text, are) => {
    expect(areSiblingsInEdn(text)).toBe(are);
  });
});
