/** All orders of a few things, remembered: a search asks for the same few again and again. */

const KNOWN: (readonly (readonly number[])[])[] = [];

/** Every order of the places 0, 1, … of `places`; the first leaves them as they are. */
export function permutations(places: readonly number[]): readonly (readonly number[])[] {
  return (KNOWN[places.length] ??= ordersOf(places.map((_, at) => at)));
}

function ordersOf(list: readonly number[]): number[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((first) => ordersOf(list.filter((each) => each !== first)).map((rest) => [first, ...rest]));
}
