import { z } from 'zod';
import { VeriframeError } from '../../protocol/errors.ts';
import { tenantOperation } from './operation.ts';

/**
 * 1 to 128 characters: letters and digits of ASCII and `. _ @ + : -`, beginning with a letter or digit. Safe in a
 * path, a log line and a file name. Best a random id of the relying application, not a name or an address.
 */
export const subjectId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+:-]{0,127}$/, 'must be 1 to 128 of A-Z a-z 0-9 . _ @ + : -')
  .describe('1 to 128 of A-Z a-z 0-9 . _ @ + : - beginning with a letter or digit.');

const params = z.object({ id: subjectId });

export const getSubject = tenantOperation({
  id: 'getSubject',
  method: 'GET',
  path: '/v1/subjects/{id}',
  summary: 'How many references a subject has.',
  params,
  result: z.object({ subject: z.string(), references: z.int().positive() }),
  errors: ['subject.unknown', 'subject.busy'],
  async run(context, { caller: { tenant }, params: { id } }) {
    if (context.subjects.isBeingErased(tenant, id)) throw new VeriframeError('subject.busy');
    const references = await context.subjects.countReferences(tenant, id);
    if (references === 0) throw new VeriframeError('subject.unknown');
    return { subject: id, references };
  },
});

export const deleteSubject = tenantOperation({
  id: 'deleteSubject',
  method: 'DELETE',
  path: '/v1/subjects/{id}',
  summary: 'Erase every reference of a subject.',
  params,
  result: z.object({ subject: z.string(), erasedReferences: z.int().positive() }),
  errors: ['subject.unknown', 'subject.busy'],
  async run(context, { caller: { tenant }, params: { id } }) {
    const erasedReferences = await context.subjects.erase(tenant, id);
    if (erasedReferences === 0) throw new VeriframeError('subject.unknown');
    return { subject: id, erasedReferences };
  },
});
