import { describe, expect, test } from 'vitest';
import { placeOf, RemoteCrowd } from '../../src/transport/remote-crowd.ts';

describe('RemoteCrowd', () => {
  test('RemoteCrowd bounds how many are there, in all and from one place, and forgets those that leave', () => {
    const crowd = new RemoteCrowd(3, 2);
    const leaves = ['10.0.0.1', '10.0.0.1'].map((address) => crowd.enter(address));
    expect([crowd.refusal('10.0.0.1'), crowd.refusal('10.0.0.2')]).toEqual(['too many from there', undefined]);
    leaves.push(crowd.enter('10.0.0.2'));
    expect([crowd.refusal('10.0.0.2'), crowd.refusal('10.0.0.3')]).toEqual(['full', 'full']);
    leaves[0]?.();
    leaves[0]?.();
    expect([crowd.refusal('10.0.0.1'), crowd.refusal('10.0.0.2')]).toEqual([undefined, undefined]);
    crowd.enter('10.0.0.1');
    expect(crowd.refusal('10.0.0.9')).toBe('full');
  });
});

describe('placeOf', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('placeOf takes %s for %s', (address, place) => expect(placeOf(address)).toBe(place));
});
