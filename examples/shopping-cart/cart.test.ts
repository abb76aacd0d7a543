/**
 * The tests of the cart, in node:test: what it should do, as a person would say it; then the laws of the test kit on its
 * resolver and on the whole application, which try what nobody thought of.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision, Sibling } from 'cairndb';
import { LawBroken, type StoreUnderTest, siblingResolver, storeLaws } from 'cairndb/testkit';
import fc from 'fast-check';
import { Cart, type Line, mergeLines } from './cart.ts';

const DEVICES = ['phone', 'laptop', 'tablet'];

test('two devices add while they are apart, and both articles are in the cart', async () => {
  const phone = await Cart.open('phone', DEVICES);
  const laptop = await Cart.open('laptop', DEVICES);
  await phone.add('tea', 2);
  await phone.meet(laptop);
  await phone.add('tea', 1);
  await laptop.add('jam', 1, 'apricot');
  await laptop.meet(phone);
  const expected = new Map([
    ['jam', { quantity: 1, notes: ['apricot'] }],
    ['tea', { quantity: 3, notes: [] }],
  ]);
  assert.deepEqual(await phone.lines(), expected);
  assert.deepEqual(await laptop.lines(), expected);
});

test('an article that is changed beside its removal stays; one that is only removed is gone everywhere', async () => {
  const phone = await Cart.open('phone', DEVICES);
  const laptop = await Cart.open('laptop', DEVICES);
  await phone.add('tea');
  await phone.add('jam');
  await phone.meet(laptop);
  await phone.remove('tea');
  await phone.remove('jam');
  await laptop.add('tea', 1, 'green');
  await laptop.meet(phone);
  assert.deepEqual([...(await phone.lines())], [['tea', { quantity: 2, notes: ['green'] }]]);
});

const lines: fc.Arbitrary<Line> = fc.record({
  quantity: fc.integer({ min: 1, max: 9 }),
  notes: fc.uniqueArray(fc.constantFrom('apricot', 'green', 'ripe')).map((notes) => notes.sort()),
});

test('mergeLines is pure and comes to rest (L18)', () => siblingResolver(lines, mergeLines));

test('a merge that adds the quantities up is found out', () => {
  const addUp = (siblings: readonly Sibling<Line>[]): Decision<Line> => {
    const live = siblings.flatMap((sibling) => (sibling.tombstone ? [] : [sibling.value]));
    return { kind: 'value', value: { quantity: live.reduce((sum, { quantity }) => sum + quantity, 0), notes: [] } };
  };
  assert.throws(() => siblingResolver(lines, addUp), LawBroken);
});

/** The cart as the laws see it: an article is a key, a note is the value that was written, devices meet. */
const cart: StoreUnderTest<Cart, string> = {
  open: (name) => Cart.open(name, ['a', 'b', 'c']),
  get: async (device, article) => {
    const { line, context } = await device.look(article);
    return { values: line?.notes ?? [], context };
  },
  put: (device, article, note, context) => device.set(article, { quantity: 1, notes: [note] }, context ?? 'none'),
  delete: (device, article, context) => device.drop(article, context),
  sync: (one, other) => one.meet(other),
  reap: (device) => device.tidy(),
  remains: (device) => device.tidy(),
  close: (device) => device.close(),
};

for (const { name, run } of storeLaws(cart)) test(`the cart keeps ${name}`, run);
