/** What a preset is: a scenario that comes with Cairn, by name. */

import type { Scenario } from '../scenario/scenario.ts';

export type Preset = {
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly about: string;
  readonly scenario: Scenario;
};
