import { describe, expect, test } from 'vitest';
import { areConcurrent, Operations } from '../../src/model/operations.ts';
import { exchangeModels, knownAnywhere, type ModelContext, ModelReplica } from '../../src/model/oracle.ts';

function pair(): {
  operations: Operations;
  a: ModelReplica;
  b: ModelReplica;
  put: (at: ModelReplica, name: string, context?: ModelContext) => void;
  del: (at: ModelReplica, name: string) => void;
} {
  const operations = new Operations();
  return {
    operations,
    a: new ModelReplica(operations),
    b: new ModelReplica(operations),
    put: (at, name, context = 'local') => at.write({ name, key: 'k', tombstone: false, value: name, context }),
    del: (at, name) => at.write({ name, key: 'k', tombstone: true, context: 'local' }),
  };
}
const shown = (replica: ModelReplica): string[] =>
  replica
    .visible('k')
    .map(({ name }) => name)
    .sort();

describe('ModelReplica', () => {
  test('ModelReplica shows a write in place of what its author had seen', () => {
    const { a, put } = pair();
    put(a, 'x');
    put(a, 'y');
    expect(shown(a)).toEqual(['y']);
  });

  test('ModelReplica shows concurrent writes side by side, a delete among them', () => {
    const { a, b, put, del, operations } = pair();
    put(a, 'x');
    exchangeModels(a, b);
    del(a, 't');
    put(b, 'y');
    exchangeModels(a, b);
    expect(shown(a)).toEqual(['t', 'y']);
    expect(shown(b)).toEqual(['t', 'y']);
    expect(areConcurrent(operations.get('t'), operations.get('y'))).toBe(true);
    expect(areConcurrent(operations.get('t'), operations.get('x'))).toBe(false);
  });

  test('ModelReplica keeps a blind write beside everything', () => {
    const { a, put } = pair();
    put(a, 'x');
    put(a, 'y', 'none');
    expect(shown(a)).toEqual(['x', 'y']);
  });

  test('ModelReplica learns what a token names, although it never held it', () => {
    const { a, b, put } = pair();
    put(b, 'x');
    const early = b.record('k');
    put(a, 'y', early);
    expect(a.receive('k', early)).toBe(false);
    exchangeModels(a, b);
    expect(shown(b)).toEqual(['y']);
  });

  test('ModelReplica never shows again what it knows to be superseded, whatever arrives late', () => {
    const { a, b, put, del } = pair();
    put(a, 'x');
    const stale = a.record('k');
    del(a, 't');
    expect(a.receive('k', stale)).toBe(false);
    b.receive('k', stale);
    expect(shown(b)).toEqual(['x']);
    b.learnFrom(a, ['k']);
    expect(shown(b)).toEqual(['t']);
    expect(knownAnywhere([a, b], 'k')).toEqual(new Set(['x', 't']));
  });
});

describe('Operations', () => {
  test('Operations refuses a name twice and a context of another key', () => {
    const { a, operations, put } = pair();
    put(a, 'x');
    expect(operations.of('k').map(({ name }) => name)).toEqual(['x']);
    expect(() => put(a, 'x')).toThrow('exists already');
    expect(() => a.write({ name: 'z', key: 'other', tombstone: true, context: new Set(['x']) })).toThrow('another key');
    expect(() => operations.get('nobody')).toThrow('nobody made');
  });
});
