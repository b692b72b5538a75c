import type { z } from 'zod';
import { addKioskKey, deleteSubjectKey, listKioskKeys, listSubjectKeys, revokeKioskKey } from './keys.ts';
import { createLiveTicket } from './live-feed.ts';
import type { OperationDescription } from './operation.ts';
import { importPhotos } from './photos.ts';
import { listDecisions, listSubjects } from './records.ts';
import { attestSession, createSession, getSession } from './sessions.ts';
import { deleteSubject, getSubject } from './subjects.ts';
import {
  changeSubject,
  deleteReference,
  exportSubject,
  getSubjectRecord,
  searchSubjects,
  unlockSubject,
} from './subject-records.ts';
import { getHealth, getKeys, getOpenApi, getReadiness, getSystem } from './system.ts';

/**
 * All operations of the HTTP API. The server validates requests with this table. The OpenAPI document is generated from
 * it. Clients take their types and the schemas of answers from it.
 */
export const OPERATIONS = {
  createSession,
  getSession,
  attestSession,
  getSubject,
  deleteSubject,
  searchSubjects,
  getSubjectRecord,
  changeSubject,
  unlockSubject,
  deleteReference,
  exportSubject,
  importPhotos,
  listSubjectKeys,
  deleteSubjectKey,
  addKioskKey,
  listKioskKeys,
  revokeKioskKey,
  listSubjects,
  listDecisions,
  createLiveTicket,
  getSystem,
  getHealth,
  getReadiness,
  getKeys,
  getOpenApi,
} as const satisfies Readonly<Record<string, OperationDescription>>;

type Operations = typeof OPERATIONS;
export type OperationId = keyof Operations;

/** Path, query and body as a client writes them. */
export type ParamsOf<Id extends OperationId> = z.input<Operations[Id]['params']>;
export type QueryOf<Id extends OperationId> = z.input<Operations[Id]['query']>;
export type BodyOf<Id extends OperationId> = Operations[Id]['body'] extends z.ZodType
  ? z.input<Operations[Id]['body']>
  : undefined;

/** Path, query and body as the server reads them, with defaults filled in. */
export interface CheckedRequest<Id extends OperationId> {
  readonly params: z.output<Operations[Id]['params']>;
  readonly query: z.output<Operations[Id]['query']>;
  readonly body: Operations[Id]['body'] extends z.ZodType ? z.output<Operations[Id]['body']> : undefined;
}

/** The successful answer as a client reads it. */
export type AnswerOf<Id extends OperationId> = Operations[Id]['answers'] extends infer Answers
  ? Answers[keyof Answers] extends z.ZodType
    ? z.output<Answers[keyof Answers]>
    : never
  : never;
