/** The scenarios that come with Cairn, in the order of `cairn experiment --list`. */

import { calendarTwoPhones } from './calendar-two-phones.ts';
import { cassandraGrace } from './cassandra-grace.ts';
import { doomstone } from './doomstone.ts';
import { dynamoCart } from './dynamo-cart.ts';
import { lwwLostUpdates } from './lww-lost-updates.ts';
import { offlineMonth } from './offline-month.ts';
import { pbs } from './pbs.ts';
import type { Preset } from './preset.ts';
import { riakReap } from './riak-reap.ts';
import { seedResurrection } from './seed-resurrection.ts';
import { siblingExplosion } from './sibling-explosion.ts';
import { YCSB } from './ycsb.ts';

export const PRESETS: readonly Preset[] = [
  ...[seedResurrection, offlineMonth, cassandraGrace, riakReap, doomstone],
  ...[lwwLostUpdates, calendarTwoPhones, siblingExplosion, dynamoCart, pbs, ...YCSB],
];
