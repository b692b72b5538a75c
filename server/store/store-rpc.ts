import type { StoreError, StoreErrorCode } from './errors.ts';
import type { KioskKeyStore, SubjectKeyStore } from './key-ports.ts';
import type { DecisionLog, ReferenceStore } from './ports.ts';
import type { ReferenceItem, ReferencePage } from './reference-pages.ts';
import type { SubjectStore } from './subject-ports.ts';

/**
 * The calls that cross threads: the methods of the ports. A callback cannot cross, so references that cannot be
 * opened come as items: page by page in place of `all`, and all of one subject in place of `ofSubject`.
 */
export interface StoreMethods
  extends Omit<ReferenceStore, 'all' | 'ofSubject' | 'remove'>,
    Omit<DecisionLog, 'list' | 'ofSubject'> {
  page(after: number): Promise<ReferencePage>;
  itemsOfSubject(tenant: string, subject: string): Promise<readonly ReferenceItem[]>;
  removeReference: ReferenceStore['remove'];
  listDecisions: DecisionLog['list'];
  attemptsOf: DecisionLog['ofSubject'];
  subjectKeysOf: SubjectKeyStore['ofSubject'];
  userHandleOf: SubjectKeyStore['userHandle'];
  isSubjectKey: SubjectKeyStore['isRegistered'];
  useSubjectKey: SubjectKeyStore['use'];
  removeSubjectKey: SubjectKeyStore['remove'];
  addKioskKey: KioskKeyStore['add'];
  findKioskKey: KioskKeyStore['find'];
  listKioskKeys: KioskKeyStore['list'];
  revokeKioskKey: KioskKeyStore['revoke'];
  stateOfSubject: SubjectStore['stateOf'];
  findSubject: SubjectStore['find'];
  changeSubject: SubjectStore['change'];
  searchSubjects: SubjectStore['search'];
  dueSubjects: SubjectStore['due'];
}

export type StoreMethod = keyof StoreMethods;

/** A `StoreError` as it crosses threads. `cause` is the message of the error that caused it. */
export interface StoreFault {
  readonly code: StoreErrorCode;
  readonly detail?: string;
  readonly cause?: string;
}

/** To the store: calls, each answered once and in any order; at the end `close`, answered by `closed`. */
export type StoreRequest =
  | { readonly type: 'call'; readonly call: number; readonly method: StoreMethod; readonly args: unknown[] }
  | { readonly type: 'close' };

/** From the store: first `opened`, or `refused` and nothing more. */
export type StoreReply =
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly fault: StoreFault }
  | { readonly type: 'done'; readonly call: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly call: number; readonly fault: StoreFault }
  | { readonly type: 'closed' };

export function faultOf({ code, detail, cause }: StoreError): StoreFault {
  return {
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(cause instanceof Error ? { cause: cause.message } : {}),
  };
}
