import { z } from 'zod';
import { subjectId } from './fields.ts';
import { KEY_ERRORS, type OperationDescription, WITH_KEY } from './operation.ts';

const ONE_SUBJECT = {
  ...WITH_KEY,
  path: '/v1/subjects/{id}',
  params: z.strictObject({ id: subjectId }),
  errors: [...KEY_ERRORS, 'subject.unknown', 'subject.busy'],
} as const;

export const getSubject = {
  ...ONE_SUBJECT,
  method: 'GET',
  summary: 'How many references a subject has.',
  answers: { 200: z.object({ subject: z.string(), references: z.int().positive() }) },
} as const satisfies OperationDescription;

export const deleteSubject = {
  ...ONE_SUBJECT,
  method: 'DELETE',
  summary: 'Erase every reference of a subject.',
  answers: { 200: z.object({ subject: z.string(), erasedReferences: z.int().positive() }) },
} as const satisfies OperationDescription;
