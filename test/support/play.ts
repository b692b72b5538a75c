import { expect } from 'vitest';
import { connect, type ConnectOptions, type KioskSession } from '../../client/kiosk/session-client.ts';
import type { FrameSigner } from '../../client/kiosk/signer.ts';
import type { CreatedSession } from '../../client/kiosk/api.ts';
import type { Decision, Status } from '../../protocol/downstream.ts';
import type { CaptureDemand, ChallengeKind, Mode, PossessionDemand } from '../../protocol/status.ts';
import type { DepthImage } from '../../protocol/depth-image.ts';
import type { RealServer } from '../../tools/throwaway-server.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { Presenter } from '../../simulator/presenter.ts';
import { subject as ENROLLED } from './people.ts';

export interface Presentation {
  readonly presenter: Presenter;
  readonly framesPerSecond?: number;
  /** Gives up, with bye, after this much virtual time. */
  readonly maxMs?: number;
  /** Offers to show colours; the presenter hears of them. */
  readonly flash?: boolean;
  /** What the client's depth sensor sees; absent: it has none. */
  readonly depth?: DepthImage;
  /** Answers for the subject's key; absent: the client cannot. */
  readonly askForKey?: NonNullable<ConnectOptions['askForKey']>;
  /** Signs the frames. */
  readonly signer?: FrameSigner;
  /** Challenges that the person cannot do, and skips. */
  readonly cannot?: readonly ChallengeKind[];
}

export interface Play extends Presentation {
  readonly mode: Mode;
  readonly subject?: string;
  readonly policy?: string;
  readonly audience?: string;
  readonly nonce?: string;
  readonly require?: { readonly capture?: CaptureDemand; readonly possession?: PossessionDemand };
  readonly registerKey?: boolean;
}

export interface Presented {
  readonly decision: Decision;
  readonly statuses: readonly Status[];
  /** Virtual milliseconds from the first frame to the decision. */
  readonly tookMs: number;
}

export interface Played extends Presented {
  readonly sessionId: string;
}

/**
 * Runs one session against a real server on virtual time: one frame, its analysis, the next frame. What a person in
 * front of a camera of that frame rate would see on a machine that keeps up.
 */
export async function play(server: RealServer, clock: VirtualClock, options: Play): Promise<Played> {
  const {
    presenter: _presenter,
    framesPerSecond: _rate,
    maxMs: _longest,
    flash: _flash,
    depth: _depth,
    askForKey: _askForKey,
    signer: _signer,
    cannot: _cannot,
    ...request
  } = options;
  const created = await server.api<CreatedSession>('POST', '/v1/sessions', request);
  if (created.status !== 201) throw new Error(`no session: ${JSON.stringify(created.body)}`);
  const { sessionId, ticket } = created.body;
  return { sessionId, ...(await present(server, clock, ticket, options)) };
}

/** Enrols who is presented, by the shortest policy there is. Other tests cover what an enrolment asks for. */
export async function enrol(
  server: RealServer,
  clock: VirtualClock,
  presenter: Presenter,
  subject = ENROLLED,
): Promise<void> {
  const { decision } = await play(server, clock, { mode: 'enrol', subject, policy: 'blink-only', presenter });
  expect(decision.outcome).toBe('accept');
}

/** Runs the session of a ticket that somebody else got, in the way of `play`. */
export async function present(
  server: RealServer,
  clock: VirtualClock,
  ticket: string,
  {
    presenter,
    framesPerSecond = 15,
    maxMs = 60_000,
    flash = false,
    depth,
    askForKey,
    signer,
    cannot = [],
  }: Presentation,
): Promise<Presented> {
  const session = await connect({
    url: server.streamUrl,
    ticket,
    flash,
    ...(askForKey === undefined ? {} : { askForKey }),
    ...(signer === undefined ? {} : { signer }),
  });
  const statuses: Status[] = [];
  const startMs = clock.nowMs();
  const listening = (async () => {
    for await (const event of session.events) {
      if (event.type !== 'status') continue;
      statuses.push(event);
      const { challenge } = event;
      if (challenge !== undefined && cannot.includes(challenge.kind)) {
        if (challenge.skippable) session.skip();
        continue;
      }
      presenter.onStatus?.(event, clock.nowMs() - startMs);
    }
  })();
  await stream(session, presenter, clock, startMs, { framesPerSecond, maxMs, depth });
  const decision = await session.decision;
  await listening;
  return { decision, statuses, tookMs: clock.nowMs() - startMs };
}

async function stream(
  session: KioskSession,
  presenter: Presenter,
  clock: VirtualClock,
  startMs: number,
  {
    framesPerSecond,
    maxMs,
    depth,
  }: { readonly framesPerSecond: number; readonly maxMs: number; readonly depth: DepthImage | undefined },
): Promise<void> {
  await session.whenCredit();
  const window = session.credits;
  for (let frame = 0; frame * (1000 / framesPerSecond) < maxMs; frame++) {
    if (!(await session.whenCredit(window))) return;
    const atMs = Math.round((frame * 1000) / framesPerSecond);
    clock.advance(startMs + atMs - clock.nowMs());
    if (!session.sendFrame(await presenter.frameAt(atMs), clock.nowMs(), depth)) return;
  }
  session.bye('source-ended');
}
