import { describe, expect, it } from 'vitest';
import { peerJudge } from '../../../src/cli/serve/peer-judge.ts';
import { parseTokens } from '../../../src/cli/serve/token-file.ts';
import type { Credentials } from '../../../src/replica/replica-types.ts';

const BERLIN = 'the-secret-of-berlin';
const PHONE = 'the-secret-of-the-phone';
const APP = 'the-secret-of-the-app';
const tokens = parseTokens(`berlin peer ${BERLIN}\nphone device ${PHONE}\napp read,write,admin ${APP}`, 'tokens');
const httpOnly = parseTokens(`app read ${APP}`, 'tokens');

function shows(name: string, token?: string, provenName?: string): Credentials {
  return { id: `${name}~x`, name, token, provenName, address: 'ws://127.0.0.1:1', isOutgoing: false };
}

describe('peerJudge', () => {
  it('peerJudge lets everybody in where nothing is asked for', () => {
    expect(peerJudge({ tokens: undefined, asksForCertificate: false })(shows('berlin'))).toEqual({ mayRelay: true });
  });

  it('peerJudge asks for the token of the very name, with a scope of replicas', () => {
    const judge = peerJudge({ tokens, asksForCertificate: false });
    expect(judge(shows('berlin', BERLIN))).toEqual({ mayRelay: true });
    expect(judge(shows('phone', PHONE))).toEqual({ mayRelay: false });
    expect(judge(shows('berlin'))).toEqual({ refused: 'it shows no token' });
    for (const shown of [shows('oslo', BERLIN), shows('berlin', PHONE), shows('app', APP), shows('berlin', '')])
      expect(judge(shown)).toEqual({ refused: 'its token is none of those known for its name' });
  });

  it('peerJudge lets no peer in by a file that names none', () => {
    expect(peerJudge({ tokens: httpOnly, asksForCertificate: false })(shows('app', APP))).toHaveProperty('refused');
  });

  it('peerJudge asks for a certificate where it is told to; only a device does without', () => {
    const judge = peerJudge({ tokens, asksForCertificate: true });
    expect(judge(shows('berlin', BERLIN, 'berlin'))).toEqual({ mayRelay: true });
    expect(judge(shows('berlin', BERLIN))).toEqual({ refused: expect.stringContaining('no certificate') });
    expect(judge(shows('berlin', undefined, 'berlin'))).toEqual({ refused: 'it shows no token' });
    expect(judge(shows('phone', PHONE))).toEqual({ mayRelay: false });
    for (const without of [undefined, httpOnly]) {
      const only = peerJudge({ tokens: without, asksForCertificate: true });
      expect(only(shows('berlin', undefined, 'berlin'))).toEqual({ mayRelay: true });
      expect(only(shows('berlin'))).toHaveProperty('refused');
    }
  });
});
