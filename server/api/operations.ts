import { z } from 'zod';
import { describeOperations } from './openapi.ts';
import { type Operation, publicOperation } from './operation.ts';
import { createLiveTicket, listDecisions, listSubjects } from './observe.ts';
import { createSession, getSession } from './sessions.ts';
import { deleteSubject, getSubject } from './subjects.ts';
import { getHealth, getKeys, getReadiness, getSystem } from './system.ts';

const described: readonly Operation[] = [
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
];

const getOpenApi: Operation = publicOperation({
  id: 'getOpenApi',
  method: 'GET',
  path: '/v1/openapi.json',
  summary: 'This description (OpenAPI 3.1).',
  result: z.looseObject({ openapi: z.string() }),
  run: ({ system }) => describeOperations([...described, getOpenApi], system.version),
});

/** Everything the server does over HTTP but its start page. */
export const OPERATIONS: readonly Operation[] = [...described, getOpenApi];
