/** The scenarios that come with Cairn, in the order of `cairn experiment --list`. */

import { lwwLostUpdates } from './lww-lost-updates.ts';
import { pbs } from './pbs.ts';
import type { Preset } from './preset.ts';

export const PRESETS: readonly Preset[] = [lwwLostUpdates, pbs];
