import { z } from 'zod';
import type { DemoContext } from './context.ts';
import { type DemoRequest, type DemoResponse, json, readBody } from './http.ts';
import { requireOperator } from './operators.ts';

const subject = z.string().min(1).max(128);
const text = z.string().trim().min(1).max(200);

const searchForm = z.strictObject({
  label: z.string().trim().max(200).default(''),
  suspended: z.boolean().default(false),
  page: z.string().max(128).nullable().default(null),
});

const changeForm = z.strictObject({
  subject,
  label: text.nullable().optional(),
  suspended: z.boolean().optional(),
  consent: z.strictObject({ by: text, textVersion: text }).nullable().optional(),
  expiresAtMs: z.int().min(0).nullable().optional(),
});

const one = z.strictObject({ subject });
const referenceForm = z.strictObject({ subject, reference: z.string().min(1).max(64) });

type Handler = (context: DemoContext, request: DemoRequest) => Promise<DemoResponse>;

/** An operation for signed-in operators, with a body of this form. */
function forOperators<Form extends z.ZodType>(
  form: Form,
  run: (context: DemoContext, body: z.output<Form>) => Promise<unknown>,
): Handler {
  return async (context, request) => {
    requireOperator(context.operators, request);
    return json((await run(context, readBody(request, form))) ?? {});
  };
}

/** What the operator's page does with subjects, by path. All of it is a POST: no id stands in an address. */
export const OPERATOR_SUBJECTS: Readonly<Record<string, { readonly POST: Handler }>> = {
  '/api/operator/subjects/search': {
    POST: forOperators(searchForm, async ({ service }, { label, suspended, page }) => {
      const filter = { ...(label === '' ? {} : { label }), ...(suspended ? { suspended } : {}) };
      return await service.manage((subjects) => subjects.search(filter, { page }));
    }),
  },
  '/api/operator/subjects/record': {
    POST: forOperators(one, async ({ service }, given) =>
      service.manage((subjects) => subjects.record(given.subject)),
    ),
  },
  '/api/operator/subjects/change': {
    POST: forOperators(changeForm, async ({ service }, { subject: id, ...changes }) =>
      service.manage((subjects) => subjects.change(id, withoutUndefined(changes))),
    ),
  },
  '/api/operator/subjects/unlock': {
    POST: forOperators(one, async ({ service }, given) =>
      service.manage((subjects) => subjects.unlock(given.subject)),
    ),
  },
  '/api/operator/subjects/remove-reference': {
    POST: forOperators(referenceForm, async ({ service }, given) =>
      service.manage((subjects) => subjects.removeReference(given.subject, given.reference)),
    ),
  },
  '/api/operator/subjects/export': {
    POST: forOperators(one, async ({ service }, given) =>
      service.manage((subjects) => subjects.export(given.subject)),
    ),
  },
  '/api/operator/subjects/erase': {
    POST: forOperators(one, async ({ service }, given) => {
      await service.eraseSubject(given.subject);
    }),
  },
};

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(given: T): Defined<T> {
  // Object.fromEntries loses the names of the members.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;
}
