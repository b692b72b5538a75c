import { describe, expect, it } from 'vitest';
import { SessionDirectory } from '../../server/sessions/directory.ts';
import type { SessionRequest } from '../../server/session/ports.ts';

const request = (sessionId: string, tenant = 'default'): SessionRequest => ({
  sessionId,
  tenant,
  mode: 'verify',
  subject: 'someone',
  policy: 'standard',
  audience: null,
  nonce: null,
  createdAtMs: 0,
});

describe('the directory of sessions', () => {
  it('follows a session from its ticket to its decision', () => {
    let nowMs = 1_000;
    const sessions = new SessionDirectory({ nowMs: () => nowMs });
    const one = request('one');
    sessions.announce(one, 2_000);
    const state = () => sessions.find('default', 'one')?.state;
    expect(state()).toBe('waiting');
    sessions.started(one);
    nowMs = 50_000;
    expect(state()).toBe('running');
    sessions.decided(one, 'accept', 'the-token');
    sessions.ended(one);
    expect(sessions.find('default', 'one')).toMatchObject({
      state: 'decided',
      outcome: 'accept',
      token: 'the-token',
    });
  });

  it('distinguishes a ticket that expired from one that can still be used', () => {
    let nowMs = 0;
    const sessions = new SessionDirectory({ nowMs: () => nowMs });
    sessions.announce(request('one'), 2_000);
    nowMs = 2_001;
    expect(sessions.find('default', 'one')?.state).toBe('ended');
  });

  it('distinguishes a session that an error ended from an unused ticket, and keeps the first error', () => {
    let nowMs = 0;
    const sessions = new SessionDirectory({ nowMs: () => nowMs });
    for (const id of ['unused', 'failed', 'decided']) sessions.announce(request(id), 2_000);
    sessions.started(request('failed'));
    sessions.failed(request('failed'), 'frame.no_credit');
    sessions.failed(request('failed'), 'server.internal');
    sessions.decided(request('decided'), 'reject', 'the-token');
    sessions.failed(request('decided'), 'server.draining');
    nowMs = 2_001;
    const views = ['unused', 'failed', 'decided'].map((id) => sessions.find('default', id));
    expect(views).toMatchObject([
      { state: 'ended', outcome: null, code: null },
      { state: 'ended', outcome: null, code: 'frame.no_credit' },
      { state: 'decided', outcome: 'reject', code: null },
    ]);
  });

  it('does not show a tenant the sessions of another', () => {
    const sessions = new SessionDirectory({ nowMs: () => 0 });
    sessions.announce(request('one', 'shop'), 2_000);
    expect(sessions.find('bank', 'one')).toBeNull();
    expect(sessions.find('shop', 'one')).not.toBeNull();
  });

  it('removes sessions that ended some time ago, so that it does not grow', () => {
    let nowMs = 0;
    const sessions = new SessionDirectory({ nowMs: () => nowMs });
    for (let i = 0; i < 100; i++) sessions.announce(request(`old ${i}`), 1_000);
    nowMs = 60 * 60_000;
    sessions.announce(request('new'), nowMs + 1_000);
    expect(sessions.find('default', 'old 5')).toBeNull();
    expect(sessions.find('default', 'new')).not.toBeNull();
  });

  it('keeps a token for as long as it is valid and no longer', () => {
    let nowMs = 0;
    const sessions = new SessionDirectory({ nowMs: () => nowMs });
    const one = request('one');
    sessions.announce(one, 2_000);
    sessions.started(one);
    sessions.decided(one, 'accept', 'the-token');
    sessions.ended(one);
    const foundAt = (atMs: number) => {
      nowMs = atMs;
      sessions.announce(request(`at ${atMs}`), atMs + 1_000);
      return sessions.find('default', 'one') !== null;
    };
    expect(foundAt(5 * 60_000 - 1)).toBe(true);
    expect(foundAt(5 * 60_000 + 1_000)).toBe(false);
  });
});
