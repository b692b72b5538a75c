import type { Policy } from '../../../server/policy/shape.ts';
import { durationMs, type Footage } from './footage.ts';
import { freshly, RecordingPresenter, recordingOf } from './presenters.ts';
import { onDisplay, type Presentation, type Recording } from './recordings.ts';
import {
  type AttackClass,
  type Present,
  referenceFrom,
  type Role,
  type SessionKind,
  type Stage,
} from './session-kinds.ts';

/** This share of each recording, from its start, makes the reference. The rest is presented. */
const ENROLMENT_SHARE = 0.2;
const FEWEST_ENROLMENT_FRAMES = 8;
/** A session starts at a random moment of the recording that leaves at least this much of it. */
const LEFT_MS = 6_000;

const LABELS: Readonly<Record<Presentation, string>> = {
  live: 'live people',
  print: 'recorded prints',
  screen: 'recorded screens',
  phone: 'recorded phones',
  injected: 'recorded injected videos',
  'other attack': 'recorded attacks of other kinds',
};

/** The class of an attack that shows these recordings: a video of a living person is fed in. */
const CLASSES: Readonly<Record<Presentation, AttackClass>> = {
  live: 'cheap injection',
  print: 'presentation',
  screen: 'presentation',
  phone: 'presentation',
  injected: 'rendered injection',
  'other attack': 'presentation',
};

/**
 * The kinds for the recordings that were found. A recording cannot answer challenges, so each group is presented twice:
 * without challenges, for the cues that a recording can show; and with them, as in an attack with a video.
 */
export function recordingKinds(
  recordings: readonly Recording[],
  personOf: (name: string) => string = (name) => name,
): SessionKind[] {
  const kinds: SessionKind[] = [];
  for (const presentation of Object.keys(LABELS) as Presentation[]) {
    const group = recordings.filter((recording) => recording.presentation === presentation);
    if (group.length === 0) continue;
    const isLive = presentation === 'live';
    const slug = presentation.replaceAll(' ', '-');
    const common = { group, origin: 'recorded', personOf } as const;
    kinds.push(
      kindOf({
        ...common,
        id: isLive ? 'live' : `recorded-${slug}-unasked`,
        label: `${LABELS[presentation]}, nothing asked`,
        role: isLive ? 'bona fide' : 'attack',
        attackClass: isLive ? null : CLASSES[presentation],
        unasked: true,
      }),
      kindOf({
        ...common,
        id: isLive ? 'live-injected' : `recorded-${slug}`,
        label: isLive ? 'video of a living person, fed in' : LABELS[presentation],
        role: 'attack',
        attackClass: CLASSES[presentation],
        unasked: false,
      }),
    );
    if (isLive)
      kinds.push(...(['screen', 'phone'] as const).map((display) => displayKind(group, display, personOf)));
  }
  return kinds;
}

interface Group {
  readonly id: string;
  readonly label: string;
  readonly role: Role;
  readonly attackClass: AttackClass | null;
  readonly origin: 'recorded' | 'simulated';
  readonly unasked: boolean;
  readonly group: readonly Recording[];
  readonly personOf: (name: string) => string;
}

function kindOf({ group, personOf, ...head }: Group): SessionKind {
  return {
    ...head,
    people: null,
    sources: group.map(({ source }) => source),
    prepare: async (stage) =>
      presentations(
        stage,
        group.map(({ source, name }) => ({
          shown: source.id,
          enrolled: source.id,
          name,
          person: personOf(name),
        })),
        head.unasked,
      ),
  };
}

/** Real videos on a simulated display. The reference is from the victim's live recording. */
function displayKind(
  live: readonly Recording[],
  display: 'screen' | 'phone',
  personOf: (name: string) => string,
): SessionKind {
  const videos = live.filter(({ source }) => source.id.startsWith('video'));
  const chosen = videos.length > 0 ? videos : live;
  return {
    id: `live-on-${display}`,
    label: `video of a living person on a ${display}`,
    role: 'attack',
    attackClass: 'presentation',
    origin: 'simulated',
    unasked: false,
    people: null,
    sources: chosen.flatMap((recording) => [recording.source, onDisplay(recording, display)]),
    prepare: async (stage) =>
      presentations(
        stage,
        chosen.map((recording) => ({
          shown: onDisplay(recording, display).id,
          enrolled: recording.source.id,
          name: recording.name,
          person: personOf(recording.name),
        })),
        false,
      ),
  };
}

interface Pair {
  readonly shown: string;
  readonly enrolled: string;
  readonly name: string;
  readonly person: string;
}

/** Average time between probes, at most. It determines the number of probes in a session of some seconds. */
const PROBE_EVERY_MS = 400;
const MOST_PROBES = 16;

/**
 * The policy with a number of probes that fits the recording's length, at most those of about six seconds. A session
 * without challenges would otherwise decide within a second, and the cues would see less than in a session with
 * challenges.
 */
export function atLength(policy: Policy, lengthMs: number): Policy {
  const probes = Math.min(MOST_PROBES, Math.floor(lengthMs / PROBE_EVERY_MS));
  const { match, enrol } = policy;
  return {
    ...policy,
    match: { ...match, minProbes: Math.max(match.minProbes, probes) },
    enrol: { ...enrol, targetFrames: Math.max(enrol.targetFrames, probes) },
  };
}

/** `once` ends a session with its recording. Otherwise the recording starts again, with every image taken anew. */
function presentations({ footages, policy }: Stage, pairs: readonly Pair[], once: boolean): Present | null {
  const ready = pairs.flatMap(({ shown, enrolled, name, person }) => {
    const played = footages.get(shown);
    const seen = footages.get(enrolled);
    if (played === undefined || seen === undefined) return [];
    const split = enrolmentFrames(seen);
    const reference = referenceFrom(seen.frames.slice(0, split), name);
    const rest = { ...played, frames: played.frames.slice(split) };
    if (reference === null || rest.frames.length < 2) return [];
    const entryMs = Math.max(0, durationMs(rest) - LEFT_MS);
    return [
      {
        name,
        person,
        reference,
        frames: recordingOf(rest),
        entryMs,
        framesPerSecond: played.framesPerSecond,
      },
    ];
  });
  if (ready.length === 0) return null;
  return (random, index) => {
    const { name, person, reference, frames, entryMs, framesPerSecond } = ready[index % ready.length];
    const offsetMs = entryMs * random();
    const played = new RecordingPresenter(frames, { offsetMs, once });
    const leftMs = (1000 * frames.length) / framesPerSecond - offsetMs;
    return {
      presenter: once ? played : freshly(played),
      references: [reference],
      ...(once ? { policy: atLength(policy, leftMs) } : {}),
      framesPerSecond,
      recording: name,
      person,
    };
  };
}

/** Number of the recording's frames that make its reference. */
export function enrolmentFrames({ frames }: Footage): number {
  return Math.max(FEWEST_ENROLMENT_FRAMES, Math.floor(ENROLMENT_SHARE * frames.length));
}
