import { VeriframeError } from '../../protocol/errors.ts';
import type { AnswerOf } from '../../protocol/http/operations.ts';
import { kioskKeyIdOf, readKioskKey } from '../identity/frame-chain.ts';
import type { KioskKey } from '../store/key-ports.ts';
import { tenantOperation } from './operation.ts';

export const listSubjectKeys = tenantOperation(
  'listSubjectKeys',
  async ({ subjectKeys }, { caller: { tenant }, params: { id } }) => {
    const keys = await subjectKeys.ofSubject(tenant, id);
    return {
      keys: keys.map(({ credentialId, backedUp, createdAtMs, lastUsedAtMs }) => ({
        id: credentialId,
        backedUp,
        createdAtMs,
        lastUsedAtMs,
      })),
    };
  },
);

export const deleteSubjectKey = tenantOperation(
  'deleteSubjectKey',
  async ({ subjectKeys }, { caller: { tenant }, params: { id, key } }) => {
    if (!(await subjectKeys.remove(tenant, id, key))) throw new VeriframeError('api.not_found');
    return { removed: true } as const;
  },
);

export const addKioskKey = tenantOperation(
  'addKioskKey',
  async ({ kioskKeys, clock }, { caller: { tenant }, body: { name, publicKey: text } }) => {
    const publicKey = new Uint8Array(Buffer.from(text, 'base64url'));
    try {
      readKioskKey(publicKey);
    } catch (cause) {
      throw new VeriframeError('api.invalid', 'Field publicKey: no Ed25519 key.', { cause });
    }
    const key = { keyId: kioskKeyIdOf(publicKey), name, publicKey, createdAtMs: clock.wallMs() };
    if (!(await kioskKeys.add(tenant, key)))
      throw new VeriframeError('api.invalid', 'The key was enrolled before.');
    return viewOf({ ...key, revokedAtMs: null });
  },
);

export const listKioskKeys = tenantOperation(
  'listKioskKeys',
  async ({ kioskKeys }, { caller: { tenant } }) => ({ keys: (await kioskKeys.list(tenant)).map(viewOf) }),
);

export const revokeKioskKey = tenantOperation(
  'revokeKioskKey',
  async ({ kioskKeys, clock }, { caller: { tenant }, params: { id } }) => {
    if (!(await kioskKeys.revoke(tenant, id, clock.wallMs()))) throw new VeriframeError('api.not_found');
    return { revoked: true } as const;
  },
);

function viewOf({ keyId, publicKey, ...key }: KioskKey): AnswerOf<'addKioskKey'> {
  return { ...key, id: keyId, publicKey: Buffer.from(publicKey).toString('base64url') };
}
