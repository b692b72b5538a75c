import { VeriframeError } from '../../protocol/errors.ts';
import { tenantOperation } from './operation.ts';

export const getSubject = tenantOperation(
  'getSubject',
  async ({ subjects }, { caller: { tenant }, params: { id } }) => {
    if (subjects.isBeingErased(tenant, id)) throw new VeriframeError('subject.busy');
    const references = await subjects.countReferences(tenant, id);
    if (references === 0) throw new VeriframeError('subject.unknown');
    return { subject: id, references };
  },
);

export const deleteSubject = tenantOperation(
  'deleteSubject',
  async ({ subjects }, { caller: { tenant }, params: { id } }) => {
    const erasedReferences = await subjects.erase(tenant, id);
    if (erasedReferences === 0) throw new VeriframeError('subject.unknown');
    return { subject: id, erasedReferences };
  },
);
