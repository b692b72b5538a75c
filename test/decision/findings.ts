import type { Findings } from '../../server/decision/decide.ts';
import type { Evidence, EvidenceByCue } from '../../server/evidence/evidence.ts';

export const unmeasured: Evidence = { measured: false, why: 'not-started' };
export const measured = (logLikelihoodRatio: number, score = 1): Evidence => ({
  measured: true,
  logLikelihoodRatio,
  score,
  frames: 10,
});
/** Nothing was measured. */
export const nothing: EvidenceByCue = {
  match: unmeasured,
  challenge: unmeasured,
  blink: unmeasured,
  'passive-pad': unmeasured,
  motion: unmeasured,
  continuity: unmeasured,
  injection: unmeasured,
  'depth-parallax': unmeasured,
  relief: unmeasured,
  depth: unmeasured,
  flash: unmeasured,
  quality: unmeasured,
};
/** Everything that most sessions measure, in favour of the person. */
export const everything: EvidenceByCue = {
  match: measured(5, 0.7),
  challenge: measured(3, 2),
  blink: measured(1, 1),
  'passive-pad': measured(2, 0.95),
  motion: measured(0.5, 0.8),
  continuity: measured(0.5, 12),
  injection: measured(0, 0),
  'depth-parallax': measured(0.8, 0.97),
  relief: measured(0.8, 1),
  depth: unmeasured,
  flash: measured(0, 0.97),
  quality: measured(0, 0.9),
};

/** The findings of a session that is accepted, with changes. */
export const findings = (change: Partial<Findings> = {}): Findings => ({
  mode: 'verify',
  evidence: everything,
  challengesDone: true,
  challengeFailure: null,
  flashPending: false,
  skipsUsed: 0,
  needsReidentification: false,
  trackBreaks: 0,
  severalFacesMs: 0,
  starvedBy: null,
  cameraFault: null,
  missingTrust: [],
  trustPending: false,
  band: 'above',
  doubt: null,
  probes: 8,
  probesDisagree: false,
  storable: { frames: 8, spanMs: 2_000 },
  ...change,
});
