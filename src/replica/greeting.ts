/**
 * The first messages on a link: each side says who it is and what it speaks, the one that opened the link first, and each
 * judges the other before it reads anything else of it. What does not fit is refused in words any version can read.
 */

import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import { FRAME_BYTES_MIN, HELLO_BYTES_MAX } from '../limits.ts';
import { PROTOCOL_VERSION_MIN } from '../repair/messages.ts';
import { nameOf } from '../store/membership.ts';
import type { Link } from '../transport/transport.ts';
import { shortWhy } from './link-failure.ts';
import { type LinkHello, type LinkMessage, LinkReader, linkFrames, refusalOf } from './link-message.ts';
import type { Credentials, PeerGrant } from './replica-types.ts';

/** A link whose other side is known. */
export type Greeted = {
  readonly link: Link;
  readonly frames: AsyncIterator<Uint8Array>;
  readonly reader: LinkReader;
  readonly id: string;
  readonly name: string;
  readonly grant: PeerGrant;
  readonly isOutgoing: boolean;
  /** The largest frame both sides take. */
  readonly frameBytesMax: number;
  /** The highest version of the protocol that both sides speak. */
  readonly version: number;
};

export type Greeter = {
  readonly env: TimedEnv;
  readonly id: string;
  readonly keyspace: string;
  readonly token: string | undefined;
  readonly frameBytesMax: number;
  /** The highest version of the protocol to speak. */
  readonly versionMax: number;
  readonly timeoutMs: number;
  /** Throws to refuse the peer. */
  readonly judge: (peer: Credentials) => PeerGrant;
};

/** A frame this small carries no exchange. */
const LINK_FRAME_BYTES_MIN = FRAME_BYTES_MIN * 2;

/**
 * Greets the other side of a link, or refuses it and closes the link. Throws: what it was refused with here or there;
 * LINK_FAILED when the link was lost, or the other side said nothing in time.
 */
export async function greet(link: Link, isOutgoing: boolean, greeter: Greeter): Promise<Greeted> {
  const frames = link[Symbol.asyncIterator]();
  const reader = new LinkReader();
  let isLate = false;
  const cancel = greeter.env.after(greeter.timeoutMs, () => {
    isLate = true;
    void link.close('no hello in time');
  });
  // A frame that is not whole takes memory too; its sender has shown nothing yet.
  link.restrict?.(HELLO_BYTES_MAX * 2);
  try {
    if (isOutgoing) await sayHello(link, greeter);
    const hello = await readHello(frames, reader, isLate);
    const frameBytesMax = Math.min(hello.frameBytesMax, greeter.frameBytesMax);
    const grant = judgeHello(link, hello, isOutgoing, greeter);
    // A device has no use for what a replica shows to others, and could show it to them itself. What it says of writes of
    // others is not believed, so it is not asked whether those that both hold are the same.
    const own =
      grant.mayRelay || isOutgoing ? greeter : { ...greeter, token: undefined, versionMax: PROTOCOL_VERSION_MIN };
    if (!isOutgoing) await sayHello(link, own);
    reader.isGreeted = true;
    reader.version = Math.min(hello.versionMax, own.versionMax);
    link.restrict?.();
    const { version } = reader;
    return { link, frames, reader, id: hello.id, name: nameOf(hello.id), grant, isOutgoing, frameBytesMax, version };
  } catch (error) {
    const isRefusedHere = error instanceof CausalError && error.details['isRemote'] !== true;
    if (isRefusedHere && error.code !== 'LINK_FAILED') await refuseLink(link, error);
    else await link.close(shortWhy(error)).catch(() => undefined);
    throw error;
  } finally {
    cancel();
  }
}

/** Says why, if the other side takes that, and ends the link. */
export async function refuseLink(link: Link, error: CausalError): Promise<void> {
  // Not waited for: a link that closes sends what it was given, or gives up after a while.
  say(link, refusalOf(error)).catch(() => undefined);
  await link.close(shortWhy(error)).catch(() => undefined);
}

function judgeHello(link: Link, hello: LinkHello, isOutgoing: boolean, greeter: Greeter): PeerGrant {
  if (hello.versionMin > greeter.versionMax || hello.versionMax < PROTOCOL_VERSION_MIN) {
    throw new CausalError(
      'VERSION_UNSUPPORTED',
      `Cannot greet the peer: it speaks versions ${hello.versionMin} to ${hello.versionMax}, this replica speaks ${PROTOCOL_VERSION_MIN} to ${greeter.versionMax}`,
      { versionMin: hello.versionMin, versionMax: hello.versionMax },
    );
  }
  if (hello.id === '') throw new CausalError('ENCODING_INVALID', 'Cannot greet the peer: its id is empty');
  if (hello.frameBytesMax < LINK_FRAME_BYTES_MIN)
    throw new CausalError(
      'LIMIT_EXCEEDED',
      `Cannot greet the peer: it takes no frame over ${hello.frameBytesMax} bytes`,
    );
  if (hello.keyspace !== greeter.keyspace) {
    throw new CausalError(
      'FORBIDDEN',
      `Cannot greet "${hello.id}": its keyspace "${hello.keyspace}" is not the one of this replica`,
    );
  }
  const { provenName, peer: address } = link;
  return greeter.judge({
    ...{ id: hello.id, name: nameOf(hello.id), token: hello.token },
    ...{ provenName, address, isOutgoing },
  });
}

async function readHello(frames: AsyncIterator<Uint8Array>, reader: LinkReader, isLate: boolean): Promise<LinkHello> {
  const { done, value } = await frames.next();
  if (done === true || isLate)
    throw new CausalError('LINK_FAILED', 'Cannot greet the peer: the link ended before it said who it is');
  const [message] = reader.read(value);
  if (message?.kind === 'hello') return message;
  if (message?.kind !== 'refuse')
    throw new CausalError('PROTOCOL_VIOLATION', 'Cannot greet the peer: it says no hello');
  throw refusedBy(message);
}

/** The error for a refusal that came from the other side. */
export function refusedBy(message: LinkMessage & { readonly kind: 'refuse' }): CausalError {
  const { code, why, versionMin, versionMax } = message;
  const known = REFUSALS.find((one) => one === code) ?? 'FORBIDDEN';
  return new CausalError(known, `Cannot link: the peer refused, ${why}`, {
    isRemote: true,
    code,
    versionMin,
    versionMax,
  });
}

const REFUSALS = [
  ...(['FORBIDDEN', 'IDENTITY_ALARM', 'LIMIT_EXCEEDED', 'OVERLOADED', 'UNAUTHENTICATED'] as const),
  ...(['VERSION_UNSUPPORTED', 'PROTOCOL_VIOLATION', 'ENCODING_INVALID'] as const),
];

function sayHello(link: Link, greeter: Greeter): Promise<void> {
  const { id, keyspace, token, frameBytesMax, versionMax } = greeter;
  return say(link, {
    ...{ kind: 'hello', versionMin: PROTOCOL_VERSION_MIN, versionMax },
    ...{ frameBytesMax, id, keyspace, token },
  });
}

async function say(link: Link, message: LinkMessage): Promise<void> {
  for (const frame of linkFrames(message, Number.POSITIVE_INFINITY)) await link.send(frame);
}
