/** The schemas of the OpenAPI description: values, answers, writes, members, status, problems. Data only. */

import { ERROR_CODES } from './problem.ts';

type Json = { readonly [field: string]: unknown };

/** Refers to a schema of this file. */
export function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

const text: Json = { type: 'string' };
const count: Json = { type: 'integer', minimum: 0 };

/** An object with exactly these fields, all there unless `optional` names them. */
function record(fields: Json, optional: readonly string[] = [], description?: string): Json {
  const required = Object.keys(fields).filter((name) => !optional.includes(name));
  return {
    ...(description === undefined ? {} : { description }),
    ...{ type: 'object', properties: fields },
    ...(required.length === 0 ? {} : { required }),
  };
}

const list = (items: Json): Json => ({ type: 'array', items });

const sibling = {
  dot: ref('Dot'),
  time: { type: 'number', description: 'Hybrid time of the write, milliseconds; for people and policies.' },
};

export const SCHEMAS: Json = {
  Value: {
    description:
      'Any JSON. What JSON lacks is an object with one field: {"$bigint":"12"}, {"$date":"2026-01-31T12:00:00.000Z"}, {"$bytes":"base64url"}, {"$number":"-0"}; an object of your own that looks like one gets one more $. Integers that a double cannot hold, and two fields of one name, are refused.',
  },
  Dot: {
    description: 'The name of one write: the id of the replica that made it, and a counter.',
    type: 'array',
    prefixItems: [text, { type: 'integer', minimum: 1 }],
    minItems: 2,
    maxItems: 2,
  },
  Context: { ...text, description: 'What a write may be based on: opaque, and for one key only.' },
  Session: { ...text, description: 'What a session has seen: opaque; hand it to the next call, at whichever replica.' },
  Status: { type: 'string', enum: ['absent', 'deleted', 'live', 'conflict'] },
  Sibling: {
    description: 'One of several concurrent versions of a key: a value, or a tombstone.',
    oneOf: [record({ ...sibling, value: ref('Value') }), record({ ...sibling, tombstone: { const: true } })],
  },
  Nothing: record({ status: { type: 'string', enum: ['absent', 'deleted'] } }),
  Conflict: record(
    { status: { const: 'conflict' }, siblings: list(ref('Sibling')), total: count },
    ['total'],
    'Every sibling; `total` says how many there are when some were left out, and then there is no context.',
  ),
  Entry: record(
    {
      ...{ key: text, status: ref('Status'), value: ref('Value'), siblings: list(ref('Sibling')), total: count },
      ...{ context: ref('Context'), etag: text, from: list(text) },
    },
    ['value', 'siblings', 'total', 'context', 'etag', 'from'],
    'A key and what it shows: `value` when it is live, `siblings` when it is in conflict.',
  ),
  Page: record(
    {
      entries: list(ref('Entry')),
      next: { ...text, description: 'Give it as `after`; missing on the last page.' },
      session: ref('Session'),
    },
    ['next'],
  ),
  ReadRequest: record({ keys: list(text), session: ref('Session') }, ['session']),
  ReadAnswer: record({ answers: list(ref('Entry')), session: ref('Session') }),
  Written: record(
    {
      ...{ key: text, dot: ref('Dot'), context: ref('Context') },
      etag: { ...text, description: 'The tag of the key when nothing stayed beside this write.' },
      durableAt: { ...list(text), description: 'Replicas of the group that have it durably.' },
      hintedAt: { ...list(text), description: 'Replicas that keep it for one that was not there.' },
      session: ref('Session'),
    },
    ['session'],
  ),
  Operation: {
    oneOf: [
      record({ put: text, value: ref('Value'), context: ref('Context') }, ['context']),
      record({ delete: text, context: ref('Context') }, ['context']),
    ],
  },
  BatchRequest: record({ operations: list(ref('Operation')), session: ref('Session') }, ['session']),
  BatchAnswer: record({ results: list(ref('Written')), session: ref('Session') }),
  Members: record({ members: list(text) }),
  MembersRequest: {
    oneOf: [record({ join: text }), record({ retire: text }), record({ replace: text, by: text })],
  },
  Peer: record(
    {
      ...{ name: text, id: text, address: text },
      state: { type: 'string', enum: ['connected', 'connecting', 'cut', 'absent'] },
      isMember: { type: 'boolean' },
      lag: { ...count, description: 'Writes seen here that the peer is not known to have.' },
      ...{ lastSeenAt: { type: 'number' }, lastExchangeAt: { type: 'number' } },
    },
    ['id', 'address', 'lastSeenAt', 'lastExchangeAt'],
  ),
  ReplicaStatus: record({
    ...{ id: text, name: text, keyspace: text, isReady: { type: 'boolean' }, isDraining: { type: 'boolean' } },
    ...{ listening: list(text), members: list(text), peers: list(ref('Peer')) },
    group: record({ n: count, r: count, w: count, isSloppy: { type: 'boolean' } }),
    counters: { type: 'object', additionalProperties: { type: 'number' } },
    tombstones: record({ waiting: count, waitingFor: { type: 'object', additionalProperties: count } }),
    reapLagMs: { type: 'number' },
    stats: { type: 'object', additionalProperties: { type: 'number' } },
  }),
  Problem: record(
    {
      ...{ type: text, title: text, status: { type: 'integer' }, detail: text },
      code: { type: 'string', enum: ERROR_CODES },
      outcome: {
        type: 'string',
        enum: ['not-done', 'unknown'],
        description: 'not-done: it did not and will not happen. unknown: it may have.',
      },
      details: { type: 'object' },
    },
    [],
    'RFC 9457, with the stable code of the error.',
  ),
};
