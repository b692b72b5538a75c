import { z } from 'zod';
import {
  type AnswerOf,
  decisionClaims,
  type DecisionClaims,
  errorBody,
  OPERATIONS,
} from '@veriframe/protocol/http';

/*
 * What the service answers, by the schemas of its API. Members that a newer service adds are dropped, and lists of
 * words that grow (cues, reasons) are read as plain strings.
 */

/** What lets one listener onto a live feed: for one hello, until `expiresAtMs` (server time, ms since 1970). */
export type LiveTicket = AnswerOf<'createLiveTicket'>;

/** The service's answer to `POST /v1/sessions`. The ticket lets one client run the session until `expiresAtMs`. */
export type CreatedSession = AnswerOf<'createSession'>;

/**
 * Where a session stands. `outcome` and `token` are null until it is decided. `code` is the error that ended it without
 * a decision; null also where nobody used its ticket.
 */
export type SessionView = AnswerOf<'getSession'>;

/** Enrolled subjects by keyed hash, never by id. `next` is the `after` of the page that follows; null on the last. */
export type SubjectsPage = AnswerOf<'listSubjects'>;

/** What is kept of a subject beside its templates and keys. */
export type SubjectRecord = AnswerOf<'changeSubject'>;

/** Subjects that a search found. `next` is the `page` that follows; null on the last. */
export type SubjectRecords = AnswerOf<'searchSubjects'>;

/** A record with the subject's references. */
export type DetailedSubjectRecord = AnswerOf<'getSubjectRecord'>;

/** What became of photographs. */
export type PhotoImport = AnswerOf<'importPhotos'>;

/** Everything that is held of a subject. */
export type SubjectExport = AnswerOf<'exportSubject'>;

/**
 * Attempts that have ended, the latest first. An attempt that an error ended has a `code` and no outcome. `next` is the
 * `before` of the page that follows; null on the last.
 */
export type DecisionsPage = AnswerOf<'listDecisions'>;

/** A WebAuthn key of a subject. `lastUsedAtMs` is null until it signs. */
export type SubjectKey = AnswerOf<'listSubjectKeys'>['keys'][number];

/** A public key that a kiosk signs its frames with. `revokedAtMs` is null while it is good. */
export type KioskKey = AnswerOf<'addKioskKey'>;

/** Body of every refusal. Its code is what counts: a proxy in between may have shortened the rest. */
export const failure = z.object({ error: errorBody.shape.error.partial({ message: true, retry: true }) });

/** A JSON Web Key Set (RFC 7517, section 5). */
export const keySet = OPERATIONS.getKeys.answers[200];

/** Claims of a decision's token. */
export { decisionClaims, type DecisionClaims };

/** Which models decided: `full` when the optional models for matching and attack detection were loaded. */
export type Tier = z.infer<typeof decisionClaims>['veriframe']['assurance']['tier'];
