/** The parts of the command `veriframe`, for a program of one's own: frame sources, sessions, the token's check. */
export { createSession, findApiKey, type NewSession, type StartedSession } from './api.ts';
export { KIOSK_ERRORS, KioskError, type KioskErrorCode } from './errors.ts';
export { connect, type ConnectOptions, type KioskSession, type KioskSessionEvent } from './session-client.ts';
export { frameSigner, type FrameSigner, generateKioskKey, readSigner, type SignedChain } from './signer.ts';
export { openSource, type SourceOptions } from './sources/open.ts';
export type { FrameSource, PlayOptions, SourceFrame } from './sources/source.ts';
export { checkToken, type CheckedToken, type TokenExpectation } from './token.ts';
export type {
  Bye,
  CaptureDemand,
  Decision,
  DepthImage,
  ErrorCode,
  ErrorMessage,
  Mode,
  Outcome,
  Retry,
  Status,
  Welcome,
} from '@veriframe/protocol';
