import type { Mode, Outcome, Phase } from '@veriframe/protocol';
import type { Guidance } from '@veriframe/protocol/words';

type Named<Key extends string> = Readonly<Record<Key, string>>;

/** The texts of the operator's page and of the view of one's own session, in addition to those of all pages. */
export interface OperatorStrings {
  readonly guidance: Guidance;
  /** Names of the service's values. A value without a name is shown by its id. */
  readonly phase: Named<Phase>;
  readonly mode: Named<Mode>;
  readonly outcome: Named<Outcome>;
  readonly cue: Readonly<Record<string, string>>;
  /** Why a cue was not measured. */
  readonly why: Readonly<Record<string, string>>;
  /** Reasons of a decision for readers without prior knowledge. Sentences without a full stop. */
  readonly reason: Readonly<Record<string, string>>;
  readonly reading: {
    readonly notMeasured: string;
    readonly required: string;
    /** The end of a session without a decision. */
    readonly ended: string;
    readonly withoutDecision: string;
    readonly eyes: string;
    readonly aspectRatio: string;
    readonly head: string;
    readonly yaw: string;
    readonly pitch: string;
    readonly roll: string;
    readonly evidence: string;
    /** What a decision says beside what the pictures show. */
    readonly withKey: string;
    readonly signedCamera: string;
    readonly attestedCamera: string;
  };
  readonly see: {
    readonly lead: string;
    readonly start: string;
    readonly again: string;
    readonly picture: string;
    readonly pictureAlt: string;
    readonly frame: string;
    readonly rate: string;
    readonly delay: string;
    readonly eyesTrace: string;
    readonly headTrace: string;
    readonly notStarted: string;
    readonly probability: string;
    readonly decided: string;
    /** Shown when the outcome is no accept although the probability speaks for the person. */
    readonly rule: string;
    readonly against: string;
    readonly for: string;
    readonly legend: string;
    readonly waiting: string;
    readonly connecting: string;
    readonly failed: string;
    readonly problem: Named<
      | 'sign_in.required'
      | 'face.missing'
      | 'face.locked'
      | 'attempts.too_many'
      | 'service.refused'
      | 'camera'
      | 'other'
    >;
  };
  readonly operator: {
    readonly title: string;
    readonly secret: string;
    readonly secretPlace: string;
    readonly problem: Named<'operator.refused' | 'attempts.too_many' | 'other'>;
    readonly toLight: string;
    readonly toDark: string;
    readonly link: Named<'live' | 'lost' | 'refused'>;
    readonly service: string;
    readonly figure: Named<'sessions' | 'rate' | 'latency' | 'queue' | 'decisions' | 'machine'>;
    readonly running: string;
    /** With `{busy}` and `{workers}`. */
    readonly workers: string;
    readonly views: string;
    readonly view: Named<'live' | 'decisions' | 'subjects'>;
    readonly column: Named<
      'phase' | 'session' | 'hint' | 'time' | 'challenges' | 'eyes' | 'head' | 'evidence' | 'cues'
    >;
    readonly empty: string;
    /** With `{id}`. */
    readonly session: string;
    readonly close: string;
    readonly weight: string;
    /** With `{name}`. */
    readonly overTime: string;
    /** With `{passed}` and `{of}`. */
    readonly challenges: string;
    readonly notRead: string;
    readonly more: string;
    readonly decisions: {
      readonly column: Named<
        'decided' | 'outcome' | 'reasons' | 'mode' | 'policy' | 'took' | 'session' | 'subject'
      >;
      readonly none: string;
      readonly caption: string;
    };
    readonly subjects: {
      readonly column: Named<'subject' | 'references' | 'first' | 'last'>;
      readonly none: string;
      readonly caption: string;
      /** With `{count}`. */
      readonly counted: string;
    };
    /** Subjects with their labels, for an operator who may manage them. */
    readonly people: {
      readonly column: Named<'subject' | 'label' | 'state' | 'references' | 'enrolled' | 'accepted'>;
      readonly none: string;
      readonly caption: string;
      /** With `{count}`. */
      readonly counted: string;
      readonly label: string;
      readonly onlySuspended: string;
      readonly find: string;
      readonly state: Named<'good' | 'suspended' | 'locked'>;
      readonly consent: Named<'title' | 'by' | 'text' | 'none'>;
      readonly expires: string;
      /** With `{count}`. */
      readonly photos: string;
      readonly session: string;
      readonly act: Named<'save' | 'suspend' | 'resume' | 'unlock' | 'export' | 'erase' | 'remove'>;
      /** With `{subject}`. */
      readonly reallyErase: string;
      readonly failed: string;
    };
  };
}
