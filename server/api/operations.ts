import type { OperationId } from '../../protocol/http/operations.ts';
import { addKioskKey, deleteSubjectKey, listKioskKeys, listSubjectKeys, revokeKioskKey } from './keys.ts';
import { createLiveTicket } from './live-feed.ts';
import {
  changeSubject,
  deleteReference,
  exportSubject,
  getSubjectRecord,
  searchSubjects,
  unlockSubject,
} from './subject-records.ts';
import { describeOperations } from './openapi.ts';
import { type Operation, publicOperation } from './operation.ts';
import { importPhotos } from './photos.ts';
import { listDecisions, listSubjects } from './records.ts';
import { attestSession, createSession, getSession } from './sessions.ts';
import { deleteSubject, getSubject } from './subjects.ts';
import { getHealth, getKeys, getReadiness, getSystem } from './system.ts';

const getOpenApi = publicOperation('getOpenApi', ({ system }) =>
  describeOperations(OPERATIONS, system.version),
);

/** Every operation of `protocol/http/operations.ts` with what runs it. */
export const OPERATIONS: readonly Operation[] = Object.values({
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
} satisfies Readonly<Record<OperationId, Operation>>);
