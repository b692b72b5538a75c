import type { z } from 'zod';
import { createLiveTicket } from './live-feed.ts';
import type { OperationDescription } from './operation.ts';
import { listDecisions, listSubjects } from './records.ts';
import { createSession, getSession } from './sessions.ts';
import { deleteSubject, getSubject } from './subjects.ts';
import { getHealth, getKeys, getOpenApi, getReadiness, getSystem } from './system.ts';

/**
 * The whole HTTP API. The server validates requests by this table, OpenAPI is generated from it, and clients take
 * their types and the schemas of answers from it.
 */
export const OPERATIONS = {
  createSession,
  getSession,
  getSubject,
  deleteSubject,
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

/** What a client writes into the path, after the question mark and into the body. */
export type ParamsOf<Id extends OperationId> = z.input<Operations[Id]['params']>;
export type QueryOf<Id extends OperationId> = z.input<Operations[Id]['query']>;
export type BodyOf<Id extends OperationId> = Operations[Id]['body'] extends z.ZodType
  ? z.input<Operations[Id]['body']>
  : undefined;

/** What the server reads out of a request, defaults filled in. */
export interface CheckedRequest<Id extends OperationId> {
  readonly params: z.output<Operations[Id]['params']>;
  readonly query: z.output<Operations[Id]['query']>;
  readonly body: Operations[Id]['body'] extends z.ZodType ? z.output<Operations[Id]['body']> : undefined;
}

/** What a client reads out of the answer of success. */
export type AnswerOf<Id extends OperationId> = Operations[Id]['answers'] extends infer Answers
  ? Answers[keyof Answers] extends z.ZodType
    ? z.output<Answers[keyof Answers]>
    : never
  : never;
