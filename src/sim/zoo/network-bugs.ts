/** Bugs in how frames are put together and links are kept up. */

import { ByteReader, ByteWriter } from '../../codec/bytes.ts';
import type { Link, Transport } from '../../transport/transport.ts';
import { alter, type Bug, type Planted, SMALL } from './bug.ts';

const NETWORK = { ...SMALL, profile: 'network' } as const;

/** Frames of these kinds and above are numbered; see docs/protocol.md. */
const NUMBERED_FROM = 2;
const MORE = 0x80;

type Numbering = { readonly isDoubleTaken: boolean };

export const NETWORK_BUGS: readonly Bug[] = [
  {
    name: 'lost-frame-is-not-noticed',
    what: 'frames are not counted: a gap passes for nothing',
    plant: onLinks((link) => renumbered(link, { isDoubleTaken: false })),
    draw: NETWORK,
  },
  {
    name: 'frame-is-taken-twice',
    what: 'a frame that comes twice is taken twice, and one that is overtaken as it comes',
    plant: onLinks((link) => renumbered(link, { isDoubleTaken: true })),
    draw: NETWORK,
  },
  {
    name: 'lost-link-stays-lost',
    what: 'a peer that was connected once is not dialled again',
    plant: {
      between: {
        transport: (transport) => {
          const connected = new Set<string>();
          return {
            ...transport,
            connect: async (address, options) => {
              if (connected.has(address)) return new Promise(() => undefined);
              const link = await transport.connect(address, options);
              connected.add(address);
              return link;
            },
          };
        },
      },
    },
    draw: NETWORK,
  },
];

function onLinks(change: (link: Link) => Link): Planted {
  return {
    between: {
      transport: (transport): Transport => ({
        ...transport,
        connect: async (address, options) => change(await transport.connect(address, options)),
        listen: (address, onLink) => transport.listen(address, (link) => onLink(change(link))),
      }),
    },
  };
}

/** Gives the frames that come the numbers in which they come. */
function renumbered(link: Link, { isDoubleTaken }: Numbering): Link {
  alter(link, Symbol.asyncIterator, (frames) => () => {
    const incoming = frames();
    let newest = 0;
    let count = 0;
    return {
      next: async (): Promise<IteratorResult<Uint8Array>> => {
        for (;;) {
          const result = await incoming.next();
          if (result.done === true) return result;
          const frame = result.value;
          if (((frame[1] ?? 0) & ~MORE) < NUMBERED_FROM) return result;
          const reader = new ByteReader(frame);
          reader.take(2);
          const number = reader.varint();
          if (!isDoubleTaken && number <= newest) continue;
          newest = Math.max(newest, number);
          count += 1;
          const writer = new ByteWriter();
          writer.raw(frame.subarray(0, 2));
          writer.varint(count);
          writer.raw(frame.subarray(reader.offset));
          return { done: false, value: writer.finish() };
        }
      },
    };
  });
  return link;
}
