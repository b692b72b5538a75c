import { describe, expect, it } from 'vitest';
import { Service } from '../../client/demo/backend/service.ts';
import { subjectId } from '../../protocol/http/fields.ts';

describe('a name without an account', () => {
  const service = new Service({
    url: () => 'http://127.0.0.1:9',
    apiKey: 'key',
    issuer: 'veriframe',
    policy: 'standard',
    nowMs: () => 0,
  });

  it('stands for a subject that the service takes as it takes any other, the same each time', () => {
    for (let i = 0; i < 300; i++) {
      const subject = service.decoySubjectFor(`name-${i}`);
      expect([i, subjectId.safeParse(subject).success]).toEqual([i, true]);
      expect(service.decoySubjectFor(`NAME-${i}`)).toBe(subject);
    }
  });
});
