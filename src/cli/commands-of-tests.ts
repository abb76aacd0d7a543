/** The commands that test what Cairn promises, and that compare it with others; part of the command table. */

import type { Command } from './command.ts';

/** Name → command. */
export const TEST_COMMANDS: readonly (readonly [string, Command])[] = [
  [
    'simulate',
    {
      summary: 'run clusters in virtual time, with every fault, against the laws',
      usage: [
        'cairn simulate [--seed N] [--schedules N] [--profile P] [options]',
        'cairn simulate --replay FILE [--record FORMAT [--out FILE]] [options]',
      ],
      options: {
        seed: { type: 'string', value: 'N', help: 'the seed of the first schedule (default: drawn, and said)' },
        schedules: { type: 'string', value: 'N', help: 'how many, one seed each (default 100)' },
        profile: { type: 'string', value: 'P', help: 'which faults there are (default swarm)' },
        minutes: { type: 'string', value: 'M', help: 'of virtual time, before all heals (default 0.5)' },
        replicas: { type: 'string', value: 'N', help: 'how many, 2 to 7 (default: drawn, 2 to 5)' },
        replay: { type: 'string', value: 'FILE', help: 'run the plan in FILE' },
        record: { type: 'string', value: 'FORMAT', help: 'of that run: jsonl, shiviz, edn or mermaid' },
        events: { type: 'string', value: 'N', help: 'only the last N events of it (mermaid: 60)' },
        out: { type: 'string', value: 'FILE', help: 'where the record, or the plan of a failure, goes' },
        'no-shrink': { type: 'boolean', help: 'keep the plan of a failure as it was drawn' },
        without: { type: 'string', value: 'RULE', help: 'switch off a rule of the design, to see it missed' },
        pairs: { type: 'boolean', help: 'show which two faults struck in one run' },
        json: { type: 'boolean', help: 'print the figures as JSON' },
      },
      details: [
        'Replicas as they are, on a network, disks and clocks that fail as a plan says. A',
        'seed is a plan; the same plan runs the same way, everywhere. Clients write and',
        'read meanwhile, and an observer judges whatever is shown. In the end all heals,',
        'and everybody must come to know the same.',
        '',
        'Profiles: swarm (half of all kinds, drawn anew for each run), calm, network,',
        'process, disk, membership, copies, releases.',
        '',
        'At the first law that does not hold: exit status 1, with the law, the key, the',
        'seed, the plan shrunk to what it takes (60 s at most), and a test as a file.',
      ],
      load: async () => (await import('./simulate.ts')).run,
    },
  ],
  [
    'check',
    {
      summary: 'check a recorded history for causal consistency',
      usage: [
        'cairn check FILE [--level cc|cm|ccv|siblings] [--format FORMAT] [--json]',
        'cairn check FILE --to FORMAT [--out FILE]',
      ],
      options: {
        level: { type: 'string', value: 'LEVEL', help: 'cc (default), cm, ccv; siblings for histories of siblings' },
        format: { type: 'string', value: 'FORMAT', help: 'what FILE is; otherwise it is told from its contents' },
        to: { type: 'string', value: 'FORMAT', help: 'write it in this format instead of checking it' },
        out: { type: 'string', value: 'FILE', help: 'where; otherwise to standard output' },
        json: { type: 'boolean', help: 'print the verdict as JSON' },
      },
      details: [
        'Formats: edn and jepsen-json (Jepsen, Elle), plume (Plume, PolySI, AWDIT),',
        'dbcop, and siblings: JSON lines of puts, deletes and gets with their dots, or',
        'what cairn simulate --record edn writes.',
        'FILE may be -, for standard input.',
        '',
        'What is wrong is named and shown operation by operation. Exit status 0 when the',
        'history holds, 1 when it does not, 2 when it cannot be read.',
      ],
      load: async () => (await import('./check.ts')).run,
    },
  ],
  [
    'experiment',
    {
      summary: 'run conflict strategies side by side, under load and faults',
      usage: [
        'cairn experiment SCENARIO [--strategies A,B] [--seeds N] [options]',
        'cairn experiment --preset NAME [same options]',
        'cairn experiment --list',
      ],
      options: {
        preset: { type: 'string', value: 'NAME', help: 'run a scenario that comes with Cairn' },
        list: { type: 'boolean', help: 'list presets, and strategies with their rules' },
        strategies: { type: 'string', value: 'A,B', help: 'in the place of those of the scenario' },
        seeds: { type: 'string', value: 'N', help: 'how many, from 1 on; or which, as 3,5,8' },
        out: { type: 'string', value: 'DIR', help: 'write result.json, result.csv and report.html there' },
        json: { type: 'boolean', help: 'print result.json, or the list as JSON, not a table' },
      },
      details: [
        'SCENARIO is a file in JSON or YAML; docs/scenario.schema.json says what it may',
        'hold. A strategy may be a module of your own, by a path that ends in .js, .mjs',
        'or .ts: it exports a `strategy` or a function `make(options)`; or, by default, a',
        'Strategy or KeyRules of cairndb/lab.',
        '',
        'Every strategy meets the same clients, delays and faults, which come from the',
        'seed. What is lost, brought back or stale is judged by what really happened. The',
        'same scenario gives the same bytes of result.json, everywhere.',
        '',
        'Exit status 0; 1 when an assertion of the scenario does not hold.',
      ],
      load: async () => (await import('./experiment.ts')).run,
    },
  ],
  [
    'compare',
    {
      summary: 'compare two results of experiments, figure by figure',
      usage: ['cairn compare A B [--json]'],
      options: { json: { type: 'boolean', help: 'print what differs as JSON' } },
      details: [
        'A and B are files result.json, or folders that hold one. Shown are the figures',
        'that differ, with their 95 % intervals, for each strategy and point of the',
        'sweep.',
        '',
        'Exit status 0 when every figure is the same, 1 when they differ.',
      ],
      load: async () => (await import('./compare.ts')).run,
    },
  ],
];
