import { ApiError } from './errors.ts';

export interface CallOptions {
  /** Ends the call; its promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface PageOptions extends CallOptions {
  /** Entries on the page, 1 to 200. Default 50. */
  readonly limit?: number;
  /** `next` of the page before; null or absent: the first page. */
  readonly page?: string | null;
}

/** Null for this refusal, by default that the subject has no reference; every other failure stays one. */
export async function orNull<T>(
  asked: Promise<T>,
  refusal: ApiError['code'] = 'subject.unknown',
): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.code === refusal) return null;
    throw error;
  }
}

export function pageQuery(
  name: 'after' | 'before',
  page: string | null | undefined,
  limit: number | undefined,
): Readonly<Record<string, string>> {
  return {
    ...(page === undefined || page === null ? {} : { [name]: page }),
    ...(limit === undefined ? {} : { limit: String(limit) }),
  };
}
