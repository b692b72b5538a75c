import { policyFor } from '../../../server/policy/built-in.ts';
import type { Policy } from '../../../server/policy/shape.ts';

const NO_BAR = { strong: -Infinity, weak: -Infinity };

const standard = policyFor('standard');

/** The standard policy, and the same without any bound on drift. */
export const COMPARED: readonly { readonly name: string; readonly policy: Policy }[] = [
  {
    name: 'without anchor',
    policy: {
      ...standard,
      continuity: {
        ...standard.continuity,
        anchor: {
          ...standard.continuity.anchor,
          agreeLlr: -Infinity,
          storeLlr: NO_BAR,
          mutualLlr: NO_BAR,
          minStoredShare: 0,
          maxDriftLlr: Infinity,
        },
      },
    },
  },
  { name: 'with anchor', policy: standard },
];
