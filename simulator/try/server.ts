import { z } from 'zod';
import { refusal } from '../../client/kiosk/api.ts';
import type { Endpoints } from '../../client/kiosk/endpoints.ts';
import { KioskError } from '../../client/kiosk/errors.ts';

/** What the audit record says of a session, or why it cannot be read. */
export type Audit =
  | {
      readonly known: true;
      readonly reasons: readonly string[];
      readonly measured: readonly string[];
      readonly unmeasured: readonly string[];
    }
  | { readonly known: false; readonly why: string };

const system = z.object({ name: z.literal('veriframe'), version: z.string(), tier: z.string() });
export type SystemInfo = z.infer<typeof system>;

const decisions = z.object({
  decisions: z.array(
    z.object({
      sessionId: z.string(),
      reasons: z.array(z.string()),
      measured: z.array(z.string()),
      unmeasured: z.array(z.string()),
    }),
  ),
});

const NO_RIGHT: Audit = {
  known: false,
  why: 'the API key does not have the right mayObserve, which reading the record needs',
};
const NO_RECORD: Audit = { known: false, why: 'the session is not among the latest decisions' };
/** Decisions of other sessions may have come after ours. */
const DECISIONS_READ = 50;
/** Longest wait for an answer. */
const ANSWER_TIMEOUT_MS = 30_000;
/** An erasure that is not finished is asked for again. */
const ERASURE_TRIES = 5;

/** Where a browser finds the server. */
export function originOf({ base }: Endpoints): string {
  return base.href.replace(/\/$/, '');
}

/** Rejects with `connection.refused` where no server answers, `api.unexpected` where another program does. */
export async function describeServer(endpoints: Endpoints, signal: AbortSignal): Promise<SystemInfo> {
  const { status, body } = await ask(endpoints, './system', { signal });
  const told = system.safeParse(body);
  if (status !== 200 || !told.success)
    throw new KioskError('api.unexpected', `What answers at ${originOf(endpoints)} is not veriframe.`);
  return told.data;
}

/** The HTTP API of the server on trial, as far as the trial needs it. */
export class ServerOnTrial {
  readonly endpoints: Endpoints;
  readonly apiKey: string;

  constructor(endpoints: Endpoints, apiKey: string) {
    this.endpoints = endpoints;
    this.apiKey = apiKey;
  }

  /** Rejects with `api.unauthorized` where the server does not know the key. */
  async checkKey(signal: AbortSignal): Promise<void> {
    const { status, body, text } = await this.#ask('GET', './decisions?limit=1', signal);
    // A key without the right to read the record is a key all the same.
    if (status !== 200 && !hasCode(body, 'api.not_granted')) throw refusal(status, text);
  }

  /** Rejects with the server's code when it fails. */
  async auditOf(sessionId: string, signal: AbortSignal): Promise<Audit> {
    const { status, body, text } = await this.#ask('GET', `./decisions?limit=${DECISIONS_READ}`, signal);
    if (hasCode(body, 'api.not_granted')) return NO_RIGHT;
    const told = decisions.safeParse(body);
    if (status !== 200 || !told.success) throw refusal(status, text);
    const found = told.data.decisions.find((decision) => decision.sessionId === sessionId);
    return found === undefined ? NO_RECORD : { known: true, ...found };
  }

  /**
   * Erases every reference of the subject; it is fine when there is none. Sessions that are open enrol it no more.
   * Rejects with the server's code when it fails.
   */
  async erase(subject: string): Promise<void> {
    const signal = new AbortController().signal;
    for (let tries = 1; ; tries++) {
      const { status, body, text } = await this.#ask(
        'DELETE',
        `./subjects/${encodeURIComponent(subject)}`,
        signal,
      );
      if (status === 200 || hasCode(body, 'subject.unknown')) return;
      if (!hasCode(body, 'subject.busy') || tries === ERASURE_TRIES) throw refusal(status, text);
    }
  }

  async #ask(method: 'GET' | 'DELETE', path: string, signal: AbortSignal): Promise<Answer> {
    return await ask(this.endpoints, path, {
      method,
      headers: { authorization: `Bearer ${this.apiKey}` },
      signal,
    });
  }
}

interface Answer {
  readonly status: number;
  /** Undefined where it is no JSON. */
  readonly body: unknown;
  readonly text: string;
}

/** `path` is relative to `/v1/`. */
async function ask(
  endpoints: Endpoints,
  path: string,
  { signal, ...request }: RequestInit & { readonly signal: AbortSignal },
): Promise<Answer> {
  try {
    const response = await fetch(new URL(path, new URL('v1/', endpoints.base)), {
      ...request,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    const text = await response.text();
    return { status: response.status, body: parsed(text), text };
  } catch (cause) {
    signal.throwIfAborted();
    throw new KioskError('connection.refused', `No server answers at ${originOf(endpoints)}.`, { cause });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const failure = z.object({ error: z.object({ code: z.string() }) });

function hasCode(body: unknown, code: string): boolean {
  const told = failure.safeParse(body);
  return told.success && told.data.error.code === code;
}
