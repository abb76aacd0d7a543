/** The forms of what clients do and of how long things take; a part of the table in scenario-form.ts. */

import type { Delay, Weighted } from './delay.ts';
import {
  choice,
  defaulted,
  either,
  type Form,
  flag,
  isObject,
  kinds,
  list,
  named,
  number,
  object,
  optional,
  required,
  text,
  whole,
} from './form.ts';
import { FIT_NAMES } from './latency-fits.ts';
import type { FullNetwork, FullWorkload, HistoryWorkload } from './scenario.ts';
import type { KeyChoice, Latency, OperationKind, ProbeWorkload, ScriptedWorkload, ScriptStep } from './setting.ts';

/** Some more than a year: no time in a scenario is longer. */
const MS_MAX = 400 * 86_400_000;

/** A time; `above`: which it must exceed. */
export const ms: Form<number> = number({ from: 0, to: MS_MAX });
/** A time that is not nothing: a pace, or a mean. */
export const pace: Form<number> = number({ from: 0.001, to: MS_MAX });
export const share: Form<number> = number({ from: 0, to: 1 });
export const replicaIndex: Form<number> = whole({ to: 63 });
/** No control characters, and no half of a surrogate pair. */
export const KEY_PATTERN = '^[^\\p{Cc}\\p{Cs}]{1,100}$';
export const word: Form<string> = text(KEY_PATTERN, 'a text of 1 to 100 characters');

type Simple = Weighted['delay'];

const simpleForms: { readonly [K in Simple['kind']]: Form<Extract<Simple, { readonly kind: K }>> } = {
  constant: object({ kind: required(choice('constant'), 'always the same'), ms: required(ms, 'how long') }),
  uniform: object({
    kind: required(choice('uniform'), 'anything between two bounds'),
    fromMs: required(ms, 'at least'),
    toMs: required(ms, 'at most; not less than fromMs'),
  }),
  exponential: object({
    kind: required(choice('exponential'), 'often short, now and then long'),
    meanMs: required(pace, 'on average'),
  }),
  pareto: object({
    kind: required(choice('pareto'), 'about fromMs most of the time, at times very long (at most 1000 times that)'),
    fromMs: required(pace, 'at least'),
    shape: required(number({ above: 0, to: 1_000 }), 'the greater, the shorter the tail'),
  }),
};

const weighted: Form<Weighted> = object<Weighted>({
  weight: required(number({ above: 0, to: 1e6 }), 'how often, beside the others'),
  delay: required(named('simpleDelay', kinds<Simple>(simpleForms)), 'how long then'),
});

export const delay: Form<Delay> = named(
  'delay',
  kinds<Delay>({
    ...simpleForms,
    mixture: object<Extract<Delay, { readonly kind: 'mixture' }>>({
      kind: required(choice('mixture'), 'now as the one, now as the other'),
      of: required(list(weighted, { least: 1, most: 20 }), 'the parts'),
    }),
  }),
);

const isKind = (value: unknown): boolean => isObject(value) && 'kind' in value;

const latency: Form<FullNetwork['latency']> = either<FullNetwork['latency']>(
  { when: (value) => typeof value === 'string', form: choice(...FIT_NAMES) },
  { when: isKind, form: delay },
  {
    when: isObject,
    form: object<Latency>({
      write: required(delay, 'a write, a repair, a hint'),
      acknowledge: required(delay, 'its acknowledgement'),
      request: required(delay, 'the request of a read'),
      response: required(delay, 'its response'),
    }),
  },
);

/** The name is made of the rest when it is not there; see parse-scenario.ts. */
export type NamelessNetwork = Omit<FullNetwork, 'name'> & { readonly name?: string };

export const network: Form<NamelessNetwork> = named(
  'network',
  object<NamelessNetwork>({
    name: optional(word, 'as tables name it; otherwise it is described'),
    latency: defaulted(
      latency,
      { kind: 'exponential', meanMs: 5 },
      'how long a message takes: one delay for all, one for each kind, or a fit published by Bailis et al., VLDB 2012',
    ),
    loss: defaulted(share, 0, 'the share of messages that are lost'),
    duplicate: defaulted(share, 0, 'the share of messages that come twice'),
  }),
);

const skew: Form<number> = number({ from: 0, to: 5 });

const keyChoice: Form<KeyChoice> = kinds<KeyChoice>({
  uniform: object({ kind: required(choice('uniform'), 'each as often as any other') }),
  zipf: object({
    kind: required(choice('zipf'), 'the n-th key as often as 1 / n^skew'),
    skew: defaulted(skew, 0.99, 'YCSB: 0.99'),
  }),
  latest: object({
    kind: required(choice('latest'), 'as zipf, counted back from the newest key'),
    skew: defaulted(skew, 0.99, 'YCSB: 0.99'),
  }),
  hotspot: object({
    kind: required(choice('hotspot'), 'some keys are asked for more often'),
    operations: defaulted(share, 0.8, 'the share of the operations that goes to them'),
    keys: defaulted(share, 0.2, 'the share of the keys that they are'),
  }),
});

const weight: Form<number> = number({ from: 0, to: 1e6 });

const mix: Form<Readonly<Record<OperationKind, number>>> = object<Record<OperationKind, number>>({
  read: defaulted(weight, 0, 'of R replicas'),
  put: defaulted(weight, 0, 'overwrites what its replica shows'),
  'blind put': defaulted(weight, 0, 'overwrites without having looked'),
  delete: defaulted(weight, 0, 'deletes what its replica shows'),
  update: defaulted(weight, 0, 'reads, and overwrites what was shown'),
  save: defaulted(weight, 0, 'overwrites what the client itself was shown or wrote last, without looking again'),
  scan: defaulted(weight, 0, 'reads several keys beside one another'),
});

const orNull = (form: Form<number>): Form<number | null> =>
  either<number | null>({ when: (value) => value === null, form: choice(null) }, { when: () => true, form });

type Drawn = Extract<FullWorkload, { readonly kind: 'drawn' }>;

const drawn: Form<Drawn> = object<Drawn>({
  kind: defaulted(choice('drawn'), 'drawn', 'clients that each do one thing after another'),
  clients: defaulted(whole({ from: 1, to: 1_000 }), 6, 'client n is at replica n modulo replicas'),
  operations: defaulted(orNull(whole({ from: 1, to: 1e9 })), null, 'how many together; null: as time allows'),
  durationMs: defaulted(
    orNull(pace),
    null,
    'for how long they begin new ones; null: until all operations are done, or 10000 when that is null too',
  ),
  keys: defaulted(whole({ from: 1, to: 1e6 }), 20, 'how many'),
  choice: defaulted(keyChoice, { kind: 'uniform' }, 'which of them'),
  loaded: defaulted(whole({ to: 1e6 }), 0, 'how many of them every replica has from the start; not more than keys'),
  mix: defaulted(mix, { read: 4, put: 3, delete: 1, update: 2 }, 'weights; one at least is not 0'),
  inserts: defaulted(share, 0, 'the share of puts that go to a new key'),
  scanKeys: defaulted(whole({ from: 1, to: 10_000 }), 10, 'a scan reads 1 to this many keys'),
  thinkMs: defaulted(delay, { kind: 'exponential', meanMs: 20 }, 'between an answer and the next call'),
  isSticky: defaulted(flag, true, 'whether a client stays at its replica, or asks any that is there'),
});

const probe: Form<ProbeWorkload> = object<ProbeWorkload>({
  kind: required(choice('probe'), 'each client writes a key of its own, waits, and reads it'),
  clients: defaulted(whole({ from: 1, to: 1_000 }), 6, 'how many'),
  probesEach: defaulted(whole({ from: 1, to: 1e6 }), 100, 'how often each does that'),
  afterMs: defaulted(
    list(ms, { least: 1, most: 200 }),
    [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
    'how long it waits after the acknowledgement, one after another',
  ),
  gapMs: defaulted(ms, 100, 'between the read and the next write'),
});

const OPERATIONS: readonly OperationKind[] = ['read', 'put', 'blind put', 'delete', 'update', 'save'];

const step: Form<ScriptStep> = object<ScriptStep>({
  atMs: required(ms, 'from the start'),
  client: required(whole({ to: 999 }), 'from 0 on'),
  replica: optional(replicaIndex, 'from 0 on; otherwise that of the client'),
  do: required(choice(...OPERATIONS), 'what'),
  key: required(word, 'to which key'),
});

const script: Form<ScriptedWorkload> = object<ScriptedWorkload>({
  kind: required(choice('script'), 'what each client does, line by line'),
  steps: required(list(step, { least: 1, most: 10_000 }), 'the lines'),
});

const history: Form<Required<HistoryWorkload>> = object<Required<HistoryWorkload>>({
  kind: required(choice('history'), 'a commit history: each author is a client, each path a key'),
  file: required(word, 'one commit a line, as cairn replay reads it; relative to the scenario'),
  clients: defaulted(whole({ from: 1, to: 1_000 }), 6, 'as many; author n is client n modulo clients'),
  msPerHour: defaulted(pace, 1_000, 'an hour of the history takes so long'),
  gapMsMax: defaulted(ms, 1_000, 'but no time between two commits more than this'),
});

export const workload: Form<FullWorkload> = named(
  'workload',
  kinds<FullWorkload>({ drawn, probe, script, history }, 'drawn'),
);
