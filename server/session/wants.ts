import type { SamplingPolicy } from '../decision/policy-shape.ts';
import type { AnalysisWants } from '../vision/analysis.ts';
import type { LiveState, SessionContext } from './state.ts';

/** What the frame that goes to a worker at `atMs` should be asked beyond what every frame gets. */
export function wantsOf(
  state: LiveState,
  atMs: number,
  policy: { readonly sampling: SamplingPolicy },
  context: SessionContext,
): AnalysisWants {
  const { look, gathered } = state.live;
  const { sampling } = policy;
  const due = (lastAtMs: number | null, everyMs: number) => lastAtMs === null || atMs - lastAtMs >= everyMs;
  const usable = look.verdict?.usable ?? false;
  const mustRecognise =
    gathered.continuity.unproven || (state.phase === 'challenging' && state.run.stage === 'settling');
  const embedEveryMs =
    gathered.probes.frames < sampling.enoughProbes ? sampling.embedEveryMs : sampling.embedSeldomEveryMs;
  return {
    embeddings:
      sampling.embedEveryMs === 0 || (usable && (mustRecognise || due(look.embeddedAtMs, embedEveryMs))),
    pad: usable && context.models.pad.length > 0 && due(look.padAtMs, sampling.padEveryMs),
    countFaces: look.faceCount > 1 || due(look.countedAtMs, sampling.countFacesEveryMs),
  };
}
