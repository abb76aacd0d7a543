/**
 * Carries one session out against a listening replica and judges what comes of it: the link is ended or still answers, every
 * refusal has a code that is known and a sentence that somebody wrote.
 */

import { ERROR_MEANINGS } from '../../src/error-meanings.ts';
import { type LinkMessage, LinkReader, linkFrames } from '../../src/replica/link-message.ts';
import type { Link } from '../../src/transport/transport.ts';
import { Broken } from './broken.ts';
import type { Place } from './recording.ts';
import type { Session } from './sessions.ts';
import type { Shape } from './shape.ts';

/** A listening replica, wherever it runs. */
export type Target = Place & {
  readonly id: () => Promise<string>;
  /** How long a link is listened to after it has answered. */
  readonly linger: () => Promise<void>;
  /** Lets time pass, where it does not by itself, while an answer is waited for. */
  readonly nudge?: () => Promise<void>;
  /** So long a round waits for links that are slow to end; they run on beside the next. Without it: for all of them. */
  readonly patience?: () => Promise<void>;
  /** What the store holds once all links have ended but those of these names; or at once. */
  readonly shape: (but: 'at once' | readonly string[]) => Promise<Shape>;
};

export type Findings = {
  sessions: number;
  /** Hostile frames that a link has taken, and the others. */
  frames: number;
  hellos: number;
  readonly refusals: Map<string, number>;
  /** How many hostile frames each sort of attack has sent. */
  readonly kinds: Map<string, number>;
};

/** A link must end, or answer a ping, within this time of the target's clock. */
const ANSWER_MS = 60_000;

/** Nothing refused yet. */
export function newFindings(): Findings {
  return { sessions: 0, frames: 0, hellos: 0, refusals: new Map(), kinds: new Map() };
}

/** Runs one session; gives whether it was refused. Throws: Broken. */
export async function attack(target: Target, session: Session, findings: Findings): Promise<boolean> {
  const heard = await speak(target, session);
  findings.sessions += 1;
  const sent = session.isHostile.slice(0, heard.sent);
  const hostile = sent.filter((isHostile) => isHostile).length;
  findings.frames += hostile;
  findings.hellos += sent.length - hostile;
  findings.kinds.set(session.kind, (findings.kinds.get(session.kind) ?? 0) + hostile);
  for (const { code, why } of heard.refusals) {
    if (!Object.hasOwn(ERROR_MEANINGS, code)) throw new Broken(`it was refused with ${JSON.stringify(code)}`, session);
    if (DEFECT.test(why) || why === '') throw new Broken(`it was refused with ${code}: ${why}`, session);
    findings.refusals.set(code, (findings.refusals.get(code) ?? 0) + 1);
  }
  return heard.refusals.length > 0;
}

/** Why a replica gives up a link on which it hears nothing: its attacker waits for an answer that does not come. */
const SILENCE = 'nothing came from the peer';

/** How V8 words what no author of a program meant to say. */
const DEFECT =
  /Cannot (read|set) propert|is not (a function|iterable|defined|a constructor)|Invalid (array|typed|string)|call stack|Cannot mix|Maximum|allocation failed|undefined \(|ahead of itself|did not issue/;

type Heard = {
  readonly refusals: { readonly code: string; readonly why: string }[];
  /** Kept when the other side has said something, or the link has ended. */
  readonly first: Promise<void>;
  readonly onFirst: () => void;
  /** How many frames the link took. */
  sent: number;
};

/** Sends all of it, asks for a sign of life, and listens until that comes or the link ends. */
async function speak(target: Target, session: Session): Promise<Heard> {
  const link = await target.transport.connect(target.address);
  let onFirst = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    onFirst = resolve;
  });
  const heard: Heard = { refusals: [], first, onFirst, sent: 0 };
  let isOver = false;
  const listening = listen(link, heard, target.linger).finally(() => {
    onFirst();
    isOver = true;
  });
  let cancel = (): void => undefined;
  const late = new Promise<'late'>((resolve) => {
    cancel = target.env.after(ANSWER_MS, () => {
      isOver = true;
      resolve('late');
    });
  });
  const talking = talk(link, session, session.isLetIn ? first : Promise.resolve(), heard);
  while (target.nudge !== undefined && !isOver) await target.nudge();
  const outcome = await Promise.race([listening, late]);
  cancel();
  if (outcome === 'late') {
    void link.close('too late');
    throw new Broken(`the link neither ended nor answered within ${ANSWER_MS} ms`, session);
  }
  const why = link.endedBecause() ?? '';
  if (why.includes(SILENCE)) throw new Broken(`the link heard what it was sent, and did not answer: ${why}`, session);
  await link.close('enough').catch(() => undefined);
  await talking;
  return heard;
}

async function talk(link: Link, session: Session, greeted: Promise<void>, heard: Heard): Promise<void> {
  try {
    for (const [at, frame] of session.frames.entries()) {
      if (at === 1) await greeted;
      await link.send(frame);
      heard.sent += 1;
    }
    for (const frame of linkFrames({ kind: 'ping' }, 128, { sent: session.numbered })) await link.send(frame);
  } catch {
    // It has ended, which is an answer.
  }
}

async function listen(link: Link, heard: Heard, linger: () => Promise<void>): Promise<'ended'> {
  const reader = new LinkReader();
  for await (const frame of link) {
    const messages = reader.read(frame);
    reader.isGreeted = true;
    heard.onFirst();
    for (const message of messages) note(message, heard);
    // What is worked on longer than an answer to a ping takes may still be refused.
    if (messages.some(({ kind }) => kind === 'pong')) void linger().then(() => link.close('enough'));
  }
  return 'ended';
}

function note(message: LinkMessage, heard: Heard): void {
  if (message.kind === 'refuse' || message.kind === 'stop' || message.kind === 'failed')
    heard.refusals.push({ code: message.code, why: message.why });
}
