import { z } from 'zod';
import type { DemoContext } from './context.ts';
import { DemoError } from './errors.ts';
import { type DemoRequest, type DemoResponse, json, readBody } from './http.ts';
import { requireOperator, setOperatorCookie } from './operators.ts';

const secretForm = z.object({ secret: z.string().min(1).max(256) });
const pageForm = z.string().max(128).nullable();

export async function signInOperator(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { secret } = readBody(request, secretForm);
  context.limits.operators.attempt(request.remoteAddress);
  const cookie = context.operators?.signIn(secret.trim()) ?? null;
  if (cookie === null) throw new DemoError('operator.refused');
  context.limits.operators.clear(request.remoteAddress);
  return json({}, setOperatorCookie(request, cookie));
}

export async function signOutOperator(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  context.operators?.signOut(request);
  return json({}, setOperatorCookie(request, null));
}

/** Answers with a ticket for the service's live feed. The page requests another one when the feed ends. */
export async function startLive(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  requireOperator(context.operators, request);
  return json(await context.service.liveTicket());
}

export async function listDecisions(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  requireOperator(context.operators, request);
  return json(await context.service.listDecisions(pageOf(request)));
}

export async function listSubjects(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  requireOperator(context.operators, request);
  return json(await context.service.listSubjects(pageOf(request)));
}

function pageOf({ query }: DemoRequest): string | null {
  const read = pageForm.safeParse(new URLSearchParams(query).get('page'));
  if (!read.success) throw new DemoError('request.invalid');
  return read.data;
}
