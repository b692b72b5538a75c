import type { ErrorCode } from '../../protocol/errors.ts';
import type { Policy } from '../policy/built-in.ts';
import type { Effect } from '../session/effect.ts';
import type { SessionEvent } from '../session/event.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { SessionState } from '../session/state.ts';

/** Looks on while one session runs, on the path of every frame: whatever is costly is left for later. */
export interface SessionWatch {
  /** An event was folded into `state`; `effects` are about to be executed. */
  stepped(event: SessionEvent, state: SessionState, effects: readonly Effect[]): void;
  /** Nothing follows. `code` ended it without a decision; null where it was decided. */
  ended(code: ErrorCode | null): void;
}

/** Asked once for each session that starts. Null: this session is not of interest. */
export type WatchSession = (request: SessionRequest, policy: Policy) => SessionWatch | null;

/** Several watchers as one. One that throws is reported and hears no more of that session, which goes on. */
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
