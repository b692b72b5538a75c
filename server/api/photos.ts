import type { ImportOutcome } from '../subjects/photos/photo-import.ts';
import { tenantOperation } from './operation.ts';

export const importPhotos = tenantOperation(
  'importPhotos',
  async (context, { caller: { tenant, mayManage }, params: { id }, body }) => {
    const refusal = context.refusal();
    // Photographs take no place of a session.
    if (refusal !== null && refusal.code !== 'server.busy') throw refusal;
    const { photos, label, consent, expiresAtMs, distinctFrom } = body;
    const outcome = await context.photoImports.run({
      tenant,
      subject: id,
      photos: photos.map(({ image, sha256 }) => ({
        image: new Uint8Array(Buffer.from(image, 'base64')),
        sha256: sha256 ?? null,
      })),
      distinctFrom,
    });
    const kept = {
      ...(label === undefined ? {} : { label }),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(consent === undefined
        ? {}
        : { consent: { ...consent, atMs: consent.atMs ?? context.clock.wallMs() } }),
    };
    // What is said of a subject that the photographs do not show is not believed.
    if (outcome.result !== 'refused' && Object.keys(kept).length > 0)
      await context.subjectRecords.change(tenant, id, kept);
    return {
      subject: id,
      result: outcome.result,
      reason: outcome.result === 'refused' ? outcome.reason : null,
      duplicateOf: mayManage ? duplicateIn(outcome) : null,
      reference: outcome.result === 'stored' ? outcome.reference : null,
      photos: outcome.photos.map((photo) => ({ ...photo })),
      analysis: { ms: outcome.analysisMs, workers: context.photoImports.workers },
    };
  },
);

/** Whose face it is. Who may not see subjects must not find out by photographs who is enrolled. */
function duplicateIn(outcome: ImportOutcome): string | null {
  return outcome.result === 'refused' ? outcome.duplicateOf : null;
}
