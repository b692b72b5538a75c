import { answering, bankKind, heads } from './bank-kind.ts';
import { FLAT_KINDS } from './flat-kinds.ts';
import { ANSWER_KINDS, INJECTION_KINDS } from './injection-kinds.ts';
import type { SessionKind } from './session-kinds.ts';
import { STREAM_KINDS } from './stream-kinds.ts';
import { SWAP_KINDS } from './swap-kinds.ts';

/** A head rendered in three dimensions that answers as people do: it stands in for a bona fide subject. */
const person = bankKind(
  { id: 'person', label: 'simulated person, answering', role: 'bona fide', attackClass: null },
  heads,
  answering,
);

/** Every kind that can be made of the sample portraits. */
export const DRAWN_KINDS: readonly SessionKind[] = [
  person,
  ...FLAT_KINDS,
  ...STREAM_KINDS,
  ...INJECTION_KINDS,
  ...ANSWER_KINDS,
  ...SWAP_KINDS,
];
