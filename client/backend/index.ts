/** For a relying party's server. */
export { MODES, type Mode, OUTCOMES, type Outcome } from '@veriframe/protocol';
