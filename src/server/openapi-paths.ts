/** The paths of the OpenAPI description: what can be asked, with which options, and every answer there is. Data only. */

import { ref } from './openapi-schemas.ts';

type Json = { readonly [field: string]: unknown };

const json = (name: string): Json => ({ 'application/json': { schema: ref(name) } });
const parameter = (name: string): Json => ({ $ref: `#/components/parameters/${name}` });
const problems = (...statuses: readonly string[]): Json =>
  Object.fromEntries(statuses.map((status) => [status, { $ref: '#/components/responses/Problem' }]));

/** Refusals that anything may meet that asks who asks. */
const REFUSALS: Json = problems('400', '401', '403', '429', '500', '503');
const OPEN: readonly Json[] = [{}];

function integer(name: string, description: string, minimum: number, maximum: number): Json {
  return { name, in: 'query', description, schema: { type: 'integer', minimum, maximum } };
}

function header(name: string, description: string): Json {
  return { name, in: 'header', description, schema: { type: 'string' } };
}

export const PARAMETERS: Json = {
  key: {
    ...{ name: 'key', in: 'path', required: true, schema: { type: 'string', minLength: 1, maxLength: 1_024 } },
    description: 'Percent-encoded, slashes too. The keys "." and ".." fit no path: use /v1/read and /v1/batch.',
  },
  peer: { name: 'peer', in: 'path', required: true, description: 'The name of a peer.', schema: { type: 'string' } },
  prefix: { name: 'prefix', in: 'query', description: 'Only keys that begin with this.', schema: { type: 'string' } },
  limit: integer('limit', 'Entries of a page; a page of large values is shorter.', 1, 1_000),
  after: {
    name: 'after',
    in: 'query',
    description: 'Only keys behind this one, in the order of their bytes.',
    schema: { type: 'string' },
  },
  since: { name: 'after', in: 'query', description: 'As Last-Event-ID.', schema: { type: 'string' } },
  values: { name: 'values', in: 'query', description: 'Tell what the key shows too.', schema: { type: 'boolean' } },
  live: {
    name: 'live',
    in: 'query',
    description: 'false: end when all is told.',
    schema: { type: 'boolean', default: true },
  },
  r: integer('r', 'How many replicas must answer.', 1, 1_000),
  w: integer('w', 'How many replicas must have the write durably.', 1, 1_000),
  timeoutMs: integer('timeoutMs', 'How long to wait for other replicas.', 1, 60_000),
  waitMs: integer('waitMs', 'How long a replica that is behind the session may catch up.', 0, 60_000),
  sloppy: {
    ...{ name: 'sloppy', in: 'query', schema: { type: 'boolean' } },
    description: 'Whether replicas outside of the group may stand in for absent ones.',
  },
  session: header(
    'Cairn-Session',
    'The session token of an earlier answer, several with commas, or empty to begin a session.',
  ),
  context: header(
    'Cairn-Context',
    'The context of an answer: the write replaces exactly what it showed. none: nothing.',
  ),
  ifMatch: header('If-Match', 'Write only if the tag of the key is one of these; * if it shows anything.'),
  ifNoneMatch: header('If-None-Match', 'On a read 304 for these tags. * on a write: only if the key shows nothing.'),
  lastEventId: header('Last-Event-ID', 'The id of the last event that was read.'),
};

const tokens: Json = {
  'Cairn-Context': { $ref: '#/components/headers/Cairn-Context' },
  'Cairn-Session': { $ref: '#/components/headers/Cairn-Session' },
  'Cairn-Omitted': { $ref: '#/components/headers/Cairn-Omitted' },
};
const answerHeaders: Json = { ...tokens, ETag: { $ref: '#/components/headers/ETag' } };

export const HEADERS: Json = {
  'Cairn-Context': { description: 'The context of this answer, for a write to this key.', schema: { type: 'string' } },
  'Cairn-Session': {
    description: 'The session after this call, if the call had this header.',
    schema: { type: 'string' },
  },
  'Cairn-Omitted': {
    description: 'Which of both were too long for a header; /v1/read gives them.',
    schema: { type: 'string' },
  },
  ETag: { description: 'Strong: names the versions the key holds.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } },
  'WWW-Authenticate': { description: 'With 401.', schema: { type: 'string' } },
};

const readParameters: readonly Json[] = ['r', 'timeoutMs', 'waitMs', 'session'].map(parameter);
const writeParameters: readonly Json[] = ['w', 'timeoutMs', 'waitMs', 'sloppy', 'session'].map(parameter);
const keyWrite: readonly Json[] = [...writeParameters, ...['context', 'ifMatch', 'ifNoneMatch'].map(parameter)];
const written: Json = { description: 'Written.', headers: tokens, content: json('Written') };
const pageParameters: readonly Json[] = ['prefix', 'limit', 'after', 'waitMs', 'session'].map(parameter);
const done: Json = { description: 'Done.' };

export const PATHS: Json = {
  '/v1/kv/{key}': {
    parameters: [parameter('key')],
    get: {
      operationId: 'getKey',
      summary: 'What a key shows.',
      parameters: [...readParameters, parameter('ifNoneMatch'), parameter('ifMatch')],
      responses: {
        200: {
          description: 'Live: the value. Bytes come as they were put, under their content type.',
          headers: answerHeaders,
          content: { ...json('Value'), '*/*': { schema: { type: 'string', format: 'binary' } } },
        },
        300: { description: 'In conflict: every sibling.', headers: answerHeaders, content: json('Conflict') },
        304: { description: 'As the tag says.', headers: answerHeaders },
        404: { description: 'Absent.', headers: tokens, content: json('Nothing') },
        410: { description: 'Deleted.', headers: answerHeaders, content: json('Nothing') },
        ...problems('412', '413', '431'),
        ...REFUSALS,
      },
    },
    put: {
      operationId: 'putKey',
      summary: 'Writes a value.',
      description:
        'Based on the context given, or on the state that the condition was judged by, or on what this replica shows. In the last case a key in conflict is refused (409).',
      parameters: keyWrite,
      requestBody: {
        required: true,
        content: {
          ...json('Value'),
          '*/*': { schema: { type: 'string', format: 'binary' } },
        },
      },
      responses: { 200: written, ...problems('409', '412', '413', '415', '422', '431', '507'), ...REFUSALS },
    },
    delete: {
      operationId: 'deleteKey',
      summary: 'Deletes a key; what is concurrent stays.',
      parameters: keyWrite,
      responses: { 200: written, ...problems('409', '412', '413', '431', '507'), ...REFUSALS },
    },
  },
  '/v1/kv': {
    get: {
      operationId: 'listKeys',
      summary: 'Keys that show a value or a conflict at this replica, in the order of their bytes.',
      parameters: pageParameters,
      responses: { 200: { description: 'A page.', content: json('Page') }, ...REFUSALS },
    },
  },
  '/v1/conflicts': {
    get: {
      operationId: 'listConflicts',
      summary: 'Keys that hold concurrent versions, also where a policy of the store chooses one to show.',
      parameters: pageParameters,
      responses: { 200: { description: 'A page.', content: json('Page') }, ...REFUSALS },
    },
  },
  '/v1/read': {
    post: {
      operationId: 'readKeys',
      summary: 'What several keys show, with contexts and the session in the body.',
      parameters: readParameters,
      requestBody: { required: true, content: json('ReadRequest') },
      responses: {
        200: { description: 'In the order asked for.', content: json('ReadAnswer') },
        ...problems('413', '415'),
        ...REFUSALS,
      },
    },
  },
  '/v1/batch': {
    post: {
      operationId: 'writeBatch',
      summary: 'Writes several keys in one commit: all or none. Each key once.',
      parameters: writeParameters,
      requestBody: { required: true, content: json('BatchRequest') },
      responses: {
        200: { description: 'Written, in the order given.', content: json('BatchAnswer') },
        ...problems('409', '413', '415', '422', '507'),
        ...REFUSALS,
      },
    },
  },
  '/v1/changes': {
    get: {
      operationId: 'streamChanges',
      summary: 'Which keys change, as server-sent events.',
      description:
        'Events: `change` with {"key"} (and what it shows with values=true), `rebase` (every key that holds anything follows; what is not named is gone), `problem` as the last one, `end` when live=false and all is told. The id of an event is where to go on, at any replica.',
      parameters: ['prefix', 'since', 'values', 'live', 'lastEventId'].map(parameter),
      responses: {
        200: { description: 'A stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
        ...REFUSALS,
      },
    },
  },
  '/v1/status': {
    get: {
      operationId: 'getStatus',
      summary: 'What the replica tells of itself, its peers and its counts.',
      responses: { 200: { description: 'The status.', content: json('ReplicaStatus') }, ...REFUSALS },
    },
  },
  '/v1/members': {
    get: {
      operationId: 'listMembers',
      summary: 'The replicas that reaping waits for.',
      responses: { 200: { description: 'By name.', content: json('Members') }, ...REFUSALS },
    },
    post: {
      operationId: 'changeMembers',
      summary: 'Joins, retires or replaces a member.',
      requestBody: { required: true, content: json('MembersRequest') },
      responses: {
        200: { description: 'The members then.', content: json('Members') },
        ...problems('413', '415'),
        ...REFUSALS,
      },
    },
  },
  '/v1/links/{peer}/cut': {
    parameters: [parameter('peer')],
    post: {
      operationId: 'cutLink',
      summary: 'Closes the link to a peer and refuses it until it is healed.',
      responses: { 204: done, ...problems('404'), ...REFUSALS },
    },
  },
  '/v1/links/{peer}/heal': {
    parameters: [parameter('peer')],
    post: {
      operationId: 'healLink',
      summary: 'Allows the link to a peer again.',
      responses: { 204: done, ...problems('404'), ...REFUSALS },
    },
  },
  '/v1/exchange': {
    post: {
      operationId: 'exchangeAll',
      summary: 'Exchanges with every connected peer once.',
      responses: { 204: done, ...problems('502'), ...REFUSALS },
    },
  },
  '/healthz': {
    get: {
      operationId: 'getHealth',
      summary: 'Whether the process lives and its store is open.',
      security: OPEN,
      responses: { 200: { description: 'It is.' }, ...problems('503') },
    },
  },
  '/readyz': {
    get: {
      operationId: 'getReadiness',
      summary: 'Whether the replica has caught up since it was opened, and does not end.',
      security: OPEN,
      responses: { 200: { description: 'It is ready.' }, 503: { description: 'It catches up, or drains.' } },
    },
  },
  '/metrics': {
    get: {
      operationId: 'getMetrics',
      summary: 'Figures for Prometheus.',
      responses: {
        200: { description: 'Text, version 0.0.4.', content: { 'text/plain': { schema: { type: 'string' } } } },
        ...REFUSALS,
      },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'getDescription',
      summary: 'This description.',
      security: OPEN,
      responses: {
        200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
  },
};
