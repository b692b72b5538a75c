import type { PublicStatus } from '../../protocol/status.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import type { Reference } from '../../server/matching/reference.ts';
import type { Policy } from '../../server/policy/shape.ts';
import type { Effect } from '../../server/session/effect.ts';
import { DRAWS_PER_EVENT, type SessionEvent } from '../../server/session/event.ts';
import { initialState, type SessionContext, type SessionState } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import { RestTextures } from '../../server/sessions/rest-textures.ts';
import type { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import type { Presenter } from '../../simulator/index.ts';
import type { Draw } from '../../simulator/seeded.ts';

export interface DriveOptions {
  readonly presenter: Presenter;
  readonly core: FrameAnalyzerCore;
  readonly context: SessionContext;
  readonly policy: Policy;
  readonly references: readonly Reference[];
  readonly framesPerSecond: number;
  readonly draw: Draw;
}

/** Times are virtual milliseconds since the first frame. */
export interface Driven {
  readonly outcome: string;
  readonly reasons: readonly string[];
  readonly challenges: number;
  readonly placedMs: number | null;
  readonly askedMs: number | null;
  readonly tookMs: number;
}

/** From a frame's arrival to its analysis, on a machine that keeps up. */
const ANALYSIS_MS = 20;
const START_MS = 1_000_000;
const LONGEST_MS = 70_000;

/** One session of the server's own state machine and networks, in virtual time: frame, analysis, next frame. */
export async function drive({
  presenter,
  core,
  context,
  policy,
  references,
  framesPerSecond,
  draw,
}: DriveOptions): Promise<Driven> {
  const decoder = new ImageDecoder(4_000_000);
  const request = {
    sessionId: 'session',
    tenant: 'tenant',
    mode: 'verify',
    subject: 'subject',
    policy: policy.name,
    audience: null,
    nonce: null,
    createdAtMs: START_MS,
  } as const;
  let state: SessionState = initialState(request, START_MS);
  let nowMs = START_MS;
  let wakeAtMs: number | null = null;
  let phases: { placedMs: number | null; askedMs: number | null } = { placedMs: null, askedMs: null };
  let decided: Extract<Effect, { type: 'decide' }> | null = null;
  let jpeg: Buffer | null = null;
  const waiting: Extract<Effect, { type: 'analyze' }>[] = [];
  const textures = new RestTextures();
  const draws = () => Array.from({ length: DRAWS_PER_EVENT }, draw);

  const show = (status: PublicStatus) => {
    const atMs = nowMs - START_MS;
    if (status.phase !== 'positioning') phases = { ...phases, placedMs: phases.placedMs ?? atMs };
    if (status.phase === 'matching') phases = { ...phases, askedMs: phases.askedMs ?? atMs };
    presenter.onStatus?.(status, atMs);
  };
  const send = (event: SessionEvent) => {
    const [after, effects] = transition(state, event, policy, context);
    state = after;
    for (const effect of effects) {
      if (effect.type === 'send-status') show(effect.status);
      else if (effect.type === 'wake-at') wakeAtMs = effect.atMs;
      else if (effect.type === 'request-turn') send({ type: 'turn', atMs: nowMs });
      else if (effect.type === 'analyze') waiting.push(effect);
      else if (effect.type === 'record-accept') send({ type: 'accept-recorded', atMs: nowMs, stands: true });
      else if (effect.type === 'decide') decided = effect;
    }
  };
  const isOver = () => state.phase === 'decided' || state.phase === 'closed';
  const wakeUntil = (untilMs: number) => {
    while (!isOver() && wakeAtMs !== null && wakeAtMs <= untilMs) {
      nowMs = Math.max(nowMs, wakeAtMs);
      wakeAtMs = null;
      send({ type: 'deadline', atMs: nowMs, draws: draws() });
    }
    nowMs = Math.max(nowMs, untilMs);
  };

  send({ type: 'hello', atMs: nowMs });
  send({ type: 'references', atMs: nowMs, references });
  for (let seq = 0; !isOver() && (seq * 1000) / framesPerSecond < LONGEST_MS; seq++) {
    const atMs = Math.round((seq * 1000) / framesPerSecond);
    wakeUntil(START_MS + atMs);
    if (isOver()) break;
    jpeg = await presenter.frameAt(atMs);
    send({ type: 'frame', atMs: nowMs, seq, capturedAtMs: atMs + 3 * draw(), bytes: jpeg.length });
    for (let effect = waiting.shift(); effect !== undefined; effect = waiting.shift()) {
      const decoded = await decoder.decode(jpeg);
      if (!decoded.ok) throw new Error(decoded.code);
      const rests = textures.keepOnly(effect.rests);
      const seen = await core.analyze(decoded.image, effect.region, effect.options, undefined, rests);
      const analysis = textures.take(effect.seq, seen);
      wakeUntil(nowMs + ANALYSIS_MS);
      send({ type: 'analyzed', atMs: nowMs, seq: effect.seq, analysis, draws: draws() });
    }
  }
  const end = decided as Extract<Effect, { type: 'decide' }> | null;
  return {
    outcome: end?.outcome ?? state.phase,
    reasons: end?.reasons ?? [],
    challenges: end?.assurance.challengesPassed ?? 0,
    ...phases,
    tookMs: nowMs - START_MS,
  };
}
