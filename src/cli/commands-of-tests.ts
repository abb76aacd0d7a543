/** The commands that test what Cairn promises; part of the command table. */

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
        profile: {
          type: 'string',
          value: 'P',
          help: 'swarm (default), calm, network, process, disk, membership, copies, releases',
        },
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
        'dbcop, and siblings: JSON lines of puts, deletes and gets with their dots.',
        'FILE may be -, for standard input.',
        '',
        'What is wrong is named and shown operation by operation. Exit status 0 when the',
        'history holds, 1 when it does not, 2 when it cannot be read.',
      ],
      load: async () => (await import('./check.ts')).run,
    },
  ],
];
