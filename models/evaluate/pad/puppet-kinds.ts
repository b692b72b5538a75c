import { answering, bankKind, heads } from './bank-kind.ts';
import { FLAT_KINDS } from './flat-kinds.ts';
import { ANSWER_KINDS, INJECTION_KINDS } from './injection-kinds.ts';
import type { SessionKind } from './session-kinds.ts';
import { STREAM_KINDS } from './stream-kinds.ts';
import { SWAP_KINDS } from './swap-kinds.ts';

/** The answering puppet. It stands in for a bona fide subject, and for an attacker who renders one in real time. */
const puppet = bankKind(
  { id: 'puppet', label: 'answering puppet, rendered in real time', role: 'puppet', origin: 'puppet' },
  heads,
  answering,
);

/** Every kind that can be made of the sample portraits. */
export const PUPPET_KINDS: readonly SessionKind[] = [
  puppet,
  ...FLAT_KINDS,
  ...STREAM_KINDS,
  ...INJECTION_KINDS,
  ...ANSWER_KINDS,
  ...SWAP_KINDS,
];
