import type { Capture, Mode } from '../../protocol/status.ts';
import type { Attack, MissingTrust, Possession } from '../decision/reasons.ts';
import type { TrustDemand } from '../policy/trust.ts';

/** What a session knows, beside its pictures, of who sends them. */
export interface Trust {
  /**
   * `kiosk-signed` from the first signature on that fits. Whether every frame that counts is covered is asked when the
   * session would accept (`isCovered`).
   */
  readonly capture: Capture;
  /** Null: no key took part, or not yet. */
  readonly possession: Possession | null;
}

/** How far the signatures of a kiosk reach. */
export interface ChainCoverage {
  /** The highest frame number that a signature covers; -1: none. */
  readonly signedSeq: number;
  /** The highest frame number that was analysed; -1: none. */
  readonly analyzedSeq: number;
}

/** The part of a live session that concerns trust. */
export interface TrustState {
  readonly trust: Trust;
  readonly demand: TrustDemand;
  /**
   * Whether the client was asked for a key. `awaited`: the clocks stand still until it answers or begins to stream.
   * `late`: it streams, and may still answer.
   */
  readonly keyRequest: 'none' | 'awaited' | 'late' | 'answered';
  /** Null: the client signs no frames. */
  readonly chain: ChainCoverage | null;
  /** The relying party vouches for the application. */
  readonly attested: boolean;
}

/** What the runner knows of trust when the client says hello. */
export interface TrustAtHello {
  readonly demand: TrustDemand;
  readonly asksForKey: boolean;
  readonly chained: boolean;
  readonly attested: boolean;
}

export const NO_TRUST: TrustAtHello = {
  demand: { capture: null, possession: null },
  asksForKey: false,
  chained: false,
  attested: false,
};

export function openTrust({ asksForKey, chained, attested }: TrustAtHello, demand: TrustDemand): TrustState {
  return withCapture({
    trust: { capture: 'unattested', possession: null },
    demand,
    keyRequest: asksForKey ? 'awaited' : 'none',
    chain: chained ? { signedSeq: -1, analyzedSeq: -1 } : null,
    attested,
  });
}

/** The state with `trust.capture` as its other fields make it. The kind that is demanded comes before the other. */
function withCapture(state: TrustState): TrustState {
  const isSigned = state.chain !== null && state.chain.signedSeq >= 0;
  const shown: readonly Capture[] = [
    ...(state.attested ? (['attested'] as const) : []),
    ...(isSigned ? (['kiosk-signed'] as const) : []),
  ];
  const { capture: demanded } = state.demand;
  const capture = shown.find((one) => one === demanded) ?? shown[0] ?? 'unattested';
  return { ...state, trust: { ...state.trust, capture } };
}

/** A signature covers the frames up to `seq`. */
export function withSignature(state: TrustState, seq: number): TrustState {
  const { chain } = state;
  if (chain === null) return state;
  return withCapture({ ...state, chain: { ...chain, signedSeq: Math.max(chain.signedSeq, seq) } });
}

/** Frame `seq` was analysed, and counts from now on. */
export function withAnalyzed(state: TrustState, seq: number): TrustState {
  const { chain } = state;
  return chain === null
    ? state
    : { ...state, chain: { ...chain, analyzedSeq: Math.max(chain.analyzedSeq, seq) } };
}

export function withAttestation(state: TrustState): TrustState {
  return withCapture({ ...state, attested: true });
}

/** The client has answered for its key. Null: it declined, or the answer was refused. */
export function withPossession(state: TrustState, possession: Possession | null): TrustState {
  if (state.keyRequest === 'answered' || state.keyRequest === 'none') return state;
  return { ...state, keyRequest: 'answered', trust: { ...state.trust, possession } };
}

/** Whether a signature reaches the last analysed frame. True where none is signed. */
export function isCovered({ chain }: TrustState): boolean {
  return chain === null || chain.signedSeq >= chain.analyzedSeq;
}

/** Whether more can come of what is demanded, or of the signatures that make a claim. */
export function isTrustPending(state: TrustState): boolean {
  const missing = missingTrust(state);
  return (
    !isCovered(state) ||
    (missing.includes('possession') && state.keyRequest === 'late') ||
    (missing.includes('capture') && state.demand.capture === 'attested')
  );
}

/** What may be claimed now: a chain that does not cover every analysed frame is worth nothing. */
export function claimedTrust(state: TrustState): Trust {
  if (state.trust.capture !== 'kiosk-signed' || isCovered(state)) return state.trust;
  return { ...state.trust, capture: state.attested ? 'attested' : 'unattested' };
}

/**
 * How many of the two, camera and device, were known before this session. A key that is registered in this very session
 * may be anybody's.
 */
export function knownBefore({ capture, possession }: Trust): 0 | 1 | 2 {
  const isControlled = capture !== 'unattested';
  const hasKey = possession?.proof === 'assertion';
  return isControlled && hasKey ? 2 : isControlled || hasKey ? 1 : 0;
}

/** What is demanded and not shown, in the order in which a client hears of it. */
export function missingTrust(state: TrustState): readonly MissingTrust[] {
  const { capture, possession } = claimedTrust(state);
  const { demand } = state;
  const lacksKey =
    demand.possession !== null &&
    (possession === null || (demand.possession === 'user-verified' && !possession.userVerified));
  return [
    ...(lacksKey ? (['possession'] as const) : []),
    ...(demand.capture !== null && capture !== demand.capture ? (['capture'] as const) : []),
  ];
}

/** Whether a demanded signature can never come: the client's kiosk has no key that is enrolled. */
export function lacksCaptureForever({ demand, chain }: TrustState): boolean {
  return demand.capture === 'kiosk-signed' && chain === null;
}

/**
 * The classes of attacker (docs/security.md) that nothing in the session stands against. A renderer passes every test
 * of pictures, so only a controlled camera or a key that the subject had before stops it: a key that is registered in
 * this very session may be anybody's.
 */
export function openToAttacks(trust: Trust, asksForLiveness: boolean, mode: Mode): readonly Attack[] {
  const hasKey = mode === 'verify' && trust.possession?.proof === 'assertion';
  const isControlled = trust.capture !== 'unattested' || hasKey;
  return [
    ...(asksForLiveness ? [] : (['presentation'] as const)),
    ...(asksForLiveness || isControlled ? [] : (['cheap-injection'] as const)),
    ...(isControlled ? [] : (['rendered-injection'] as const)),
  ];
}
