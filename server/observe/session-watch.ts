import type { ErrorCode } from '../../protocol/errors.ts';
import type { Policy } from '../policy/built-in.ts';
import type { Effect } from '../session/effect.ts';
import type { SessionEvent } from '../session/event.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { SessionState } from '../session/state.ts';

/** Observes one session while it runs. It is called for every frame, so it must be fast. */
export interface SessionWatch {
  /** An event has led to `state`; `effects` are about to be executed. */
  stepped(event: SessionEvent, state: SessionState, effects: readonly Effect[]): void;
  /** The session has ended. `code` is the error that ended it without a decision; null when it was decided. */
  ended(code: ErrorCode | null): void;
}

/** Called once for each session that starts. Null: this session is not observed. */
export type WatchSession = (request: SessionRequest, policy: Policy) => SessionWatch | null;

/** Several observers as one. One that throws is reported and gets no more of that session, which goes on. */
export function watchTogether(
  watchers: readonly WatchSession[],
  reportFault: (fault: unknown) => void,
): WatchSession {
  return (request, policy) => {
    const watches = new Set<SessionWatch>();
    const guarded = (call: () => void, watch: SessionWatch | null) => {
      try {
        call();
      } catch (fault) {
        if (watch !== null) watches.delete(watch);
        reportFault(fault);
      }
    };
    for (const watcher of watchers)
      guarded(() => {
        const watch = watcher(request, policy);
        if (watch !== null) watches.add(watch);
      }, null);
    return {
      stepped(event, state, effects) {
        for (const watch of watches) guarded(() => watch.stepped(event, state, effects), watch);
      },
      ended(code) {
        for (const watch of watches) guarded(() => watch.ended(code), watch);
      },
    };
  };
}
