import { describe, expect, it } from 'vitest';
import { createTickets } from '../../server/identity/tickets.ts';
import { identification as request } from '../support/session-request.ts';

function setUp() {
  const time = { nowMs: 1000 };
  const tickets = createTickets({ clock: { nowMs: () => time.nowMs }, lifetimeMs: 500, maxOutstanding: 3 });
  return { time, tickets };
}

describe('tickets', () => {
  it('R12: open the session that they were issued for, once', () => {
    const { tickets } = setUp();
    const { ticket, expiresAtMs } = tickets.issue(request('a'));
    expect(expiresAtMs).toBe(1500);
    expect(tickets.redeem(ticket)).toEqual(request('a'));
    expect(() => tickets.redeem(ticket)).toThrow(expect.objectContaining({ code: 'ticket.invalid' }));
  });

  it('R12: refuses a ticket at and after its expiry, and one that was never issued', () => {
    const { time, tickets } = setUp();
    const early = tickets.issue(request('a'));
    const late = tickets.issue(request('b'));
    time.nowMs = early.expiresAtMs - 1;
    expect(tickets.redeem(early.ticket).sessionId).toBe('a');
    expect(() => tickets.redeem(early.ticket)).toThrow(expect.objectContaining({ code: 'ticket.invalid' }));
    time.nowMs = late.expiresAtMs;
    for (const ticket of [late.ticket, `${late.ticket}x`, 'vt_unknown', ''])
      expect(() => tickets.redeem(ticket)).toThrow(expect.objectContaining({ code: 'ticket.invalid' }));
  });

  it('R12: can be redeemed by nobody else while taken, and are valid again when put back', () => {
    const { time, tickets } = setUp();
    const invalid = expect.objectContaining({ code: 'ticket.invalid' });
    const { ticket, expiresAtMs } = tickets.issue(request('a'));
    const taken = tickets.take(ticket);
    expect(() => tickets.take(ticket)).toThrow(invalid);
    expect(() => tickets.redeem(ticket)).toThrow(invalid);
    taken.putBack();
    time.nowMs = expiresAtMs - 1;
    const again = tickets.take(ticket);
    expect(again.grant).toEqual(request('a'));
    time.nowMs = expiresAtMs;
    again.putBack();
    expect(() => tickets.take(ticket)).toThrow(invalid);
    const other = tickets.issue(request('b'));
    const used = tickets.take(other.ticket);
    used.use();
    used.putBack();
    expect(() => tickets.take(other.ticket)).toThrow(invalid);
    expect(tickets.outstanding).toBe(0);
  });

  it('refuses more than the bound and has room again when tickets expire or are used', () => {
    const { time, tickets } = setUp();
    const first = tickets.issue(request('a'));
    time.nowMs += 100;
    tickets.issue(request('b'));
    tickets.issue(request('c'));
    expect(() => tickets.issue(request('d'))).toThrow(
      expect.objectContaining({ code: 'server.busy', retryAfterMs: 400 }),
    );
    tickets.redeem(first.ticket);
    tickets.issue(request('d'));
    time.nowMs += 500;
    tickets.issue(request('e'));
    expect(tickets.outstanding).toBe(1);
  });

  it('are long, random and different', () => {
    const { tickets } = setUp();
    const all = ['a', 'b', 'c'].map((id) => tickets.issue(request(id)).ticket);
    expect(new Set(all).size).toBe(3);
    for (const ticket of all) expect(ticket).toMatch(/^vt_[A-Za-z0-9_-]{43}$/);
  });
});
