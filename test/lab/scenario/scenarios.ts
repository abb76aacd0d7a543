/** Scenarios for tests: good ones, ones of the wrong form, and ones whose form is right and which make no sense. */

type Case = { readonly [field: string]: unknown };

const base = { scenario: 1, name: 'x' };
const fault = (rest: Case): Case => ({ ...base, faults: [{ atMs: 5, ...rest }] });
const workload = (rest: Case): Case => ({ ...base, workload: rest });
const exponential = { kind: 'exponential', meanMs: 5 };

export const GOOD: readonly Case[] = [
  base,
  { ...base, $schema: './scenario.schema.json', about: '', seeds: [7, 3], strategies: ['cairn', { use: 'lww-wall' }] },
  { ...base, strategies: [{ use: './mine.ts', title: 'Mine', options: { graceMs: 5, isFast: true, word: 'x' } }] },
  { ...base, replicas: [3, 5], r: [1, 2], w: 2, network: [{ latency: 'LNKD-SSD' }, { latency: 'YMMR', loss: 1 }] },
  {
    ...base,
    network: { latency: { write: exponential, acknowledge: exponential, request: exponential, response: exponential } },
  },
  {
    ...base,
    network: {
      name: 'far',
      latency: {
        kind: 'mixture',
        of: [
          { weight: 1, delay: { kind: 'pareto', fromMs: 1, shape: 1.5 } },
          { weight: 2, delay: { kind: 'constant', ms: 0 } },
        ],
      },
      duplicate: 0.5,
    },
  },
  { ...base, coordinator: 'client', exchangeEveryMs: null, readRepair: false, hints: false, tidyEveryMs: 0.5 },
  { ...base, hints: { ttlMs: 5 }, settleMs: 1, clockSkewMs: 0, timeoutMs: 86_400_000 },
  workload({ kind: 'drawn', clients: 1, operations: 5, durationMs: null, mix: { 'blind put': 1 }, isSticky: false }),
  workload({
    choice: { kind: 'zipf' },
    keys: 5,
    loaded: 5,
    inserts: 0.1,
    thinkMs: { kind: 'uniform', fromMs: 1, toMs: 1 },
  }),
  workload({ choice: { kind: 'hotspot', operations: 0.9, keys: 0.1 } }),
  workload({ kind: 'probe', afterMs: [0], probesEach: 1, gapMs: 0, clients: 1_000 }),
  workload({ kind: 'script', steps: [{ atMs: 0, client: 0, do: 'delete', key: 'münze', replica: 2 }] }),
  fault({ kind: 'cut', sides: [[0], [1, 2]], forMs: 5 }),
  fault({ kind: 'clock', replica: 2, byMs: -5 }),
  { ...base, faults: { swarm: {} } },
  { ...base, faults: { swarm: { kinds: ['cut'], count: 0, withinMs: 5, forMs: { fromMs: 1, toMs: 1 }, clockMs: 0 } } },
  { ...base, measures: ['writesLost'], assertions: [{ strategy: '*', measure: 'diverged', is: '=', to: 0 }] },
];

/** With the path that the refusal names. */
export const WRONG_FORM: readonly (readonly [path: string, data: unknown])[] = [
  ['', null],
  ['', []],
  ['scenario', { name: 'x' }],
  ['scenario', { scenario: 2, name: 'x' }],
  ['name', { scenario: 1 }],
  ['name', { scenario: 1, name: '' }],
  ['name', { scenario: 1, name: 'a\nb' }],
  ['', { ...base, replcas: 3 }],
  ['$schema', { ...base, $schema: 5 }],
  ['seeds', { ...base, seeds: 0 }],
  ['seeds', { ...base, seeds: [] }],
  ['seeds', { ...base, seeds: [1, 1] }],
  ['seeds[1]', { ...base, seeds: [1, 1.5] }],
  ['strategies[0]', { ...base, strategies: [5] }],
  ['strategies[0].use', { ...base, strategies: [{}] }],
  ['strategies[0].options.graceMs', { ...base, strategies: [{ use: 'x', options: { graceMs: null } }] }],
  ['strategies[0].options', { ...base, strategies: [{ use: 'x', options: { 'grace ms': 1 } }] }],
  ['replicas', { ...base, replicas: 0 }],
  ['replicas', { ...base, replicas: [] }],
  ['replicas[0]', { ...base, replicas: ['3'] }],
  ['r', { ...base, r: 1.5 }],
  ['network', { ...base, network: [] }],
  ['network.latency', { ...base, network: { latency: 'LNKD' } }],
  ['network.latency', { ...base, network: { latency: { kind: 'normal' } } }],
  [
    'network.latency.response',
    { ...base, network: { latency: { write: exponential, acknowledge: exponential, request: exponential } } },
  ],
  ['network.latency', { ...base, network: { latency: { kind: 'constant', ms: 1, meanMs: 1 } } }],
  ['network.latency.of', { ...base, network: { latency: { kind: 'mixture', of: [] } } }],
  ['network.loss', { ...base, network: { loss: 1.5 } }],
  ['coordinator', { ...base, coordinator: 'nobody' }],
  ['exchangeEveryMs', { ...base, exchangeEveryMs: 0 }],
  ['readRepair', { ...base, readRepair: 'yes' }],
  ['hints', { ...base, hints: true }],
  ['hints', { ...base, hints: { ttl: 5 } }],
  ['workload', workload({ kind: 'load' })],
  ['workload', workload({ afterMs: [5] })],
  ['workload.clients', workload({ clients: 0 })],
  ['workload.operations', workload({ operations: 0 })],
  ['workload.mix', workload({ mix: { write: 1 } })],
  ['workload.afterMs', workload({ kind: 'probe', afterMs: [] })],
  ['workload.steps', workload({ kind: 'script', steps: [] })],
  ['workload.steps[0].do', workload({ kind: 'script', steps: [{ atMs: 0, client: 0, do: 'merge', key: 'a' }] })],
  ['workload.steps[0].key', workload({ kind: 'script', steps: [{ atMs: 0, client: 0, do: 'put', key: '' }] })],
  ['faults', { ...base, faults: 'many' }],
  ['faults[0].sides', fault({ kind: 'cut', sides: [[0]] })],
  ['faults[0].sides[0]', fault({ kind: 'cut', sides: [[], [1]] })],
  ['faults[0]', fault({ kind: 'forget', replica: 0, forMs: 5 })],
  ['faults.swarm.kinds', { ...base, faults: { swarm: { kinds: [] } } }],
  ['measures[0]', { ...base, measures: ['lost'] }],
  ['assertions[0].is', { ...base, assertions: [{ strategy: '*', measure: 'diverged', is: '!=', to: 0 }] }],
];

export const NO_SENSE: readonly (readonly [path: string, data: unknown])[] = [
  ['r', { ...base, r: 4 }],
  ['w', { ...base, replicas: [3, 4], w: [1, 5] }],
  ['network[1].name', { ...base, network: [{}, {}] }],
  ['network[0].latency.fromMs', { ...base, network: { latency: { kind: 'uniform', fromMs: 2, toMs: 1 } } }],
  [
    'network[0].latency.of[0].delay.fromMs',
    {
      ...base,
      network: { latency: { kind: 'mixture', of: [{ weight: 1, delay: { kind: 'uniform', fromMs: 2, toMs: 1 } }] } },
    },
  ],
  ['workload.mix', workload({ mix: { read: 0 } })],
  ['workload.loaded', workload({ keys: 5, loaded: 6 })],
  ['workload.thinkMs.fromMs', workload({ thinkMs: { kind: 'uniform', fromMs: 2, toMs: 1 } })],
  [
    'workload.steps[0].replica',
    workload({ kind: 'script', steps: [{ atMs: 0, client: 0, do: 'read', key: 'a', replica: 3 }] }),
  ],
  ['faults[0].replica', { ...fault({ kind: 'crash', replica: 3 }), replicas: [3, 5] }],
  ['faults[0].sides[1]', fault({ kind: 'cut', sides: [[0], [3]] })],
  [
    'faults[0].sides[1]',
    fault({
      kind: 'cut',
      sides: [
        [0, 1],
        [1, 2],
      ],
    }),
  ],
  ['faults.swarm.forMs.fromMs', { ...base, faults: { swarm: { forMs: { fromMs: 5, toMs: 1 } } } }],
];
