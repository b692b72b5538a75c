import { isLanguage, type Language } from '../words/index.ts';
import type { DemoRequest } from './http.ts';

const COOKIE = 'demo_language';
const KEPT_SECONDS = 365 * 24 * 60 * 60;

/**
 * The language of the answer: the one chosen before, otherwise the browser's best known preference, otherwise English.
 */
export function languageOf({ headers }: DemoRequest): Language {
  const chosen = new RegExp(`(?:^|;)\\s*${COOKIE}=([a-z]{2})\\s*(?:;|$)`).exec(
    headers.get('cookie') ?? '',
  )?.[1];
  if (chosen !== undefined && isLanguage(chosen)) return chosen;
  return preferred(headers.get('accept-language') ?? '') ?? 'en';
}

/** The language that `?lang=` picks, or null. */
export function pickedLanguage({ query }: DemoRequest): Language | null {
  const tag = new URLSearchParams(query).get('lang') ?? '';
  return isLanguage(tag) ? tag : null;
}

/** Headers that store the choice for a year. */
export function keepLanguage(language: Language): Readonly<Record<string, string>> {
  return { 'set-cookie': `${COOKIE}=${language}; Path=/; Max-Age=${KEPT_SECONDS}; SameSite=Lax` };
}

/**
 * The known language with the highest weight in `Accept-Language`; the first of equal ones. Null when none is known.
 */
function preferred(header: string): Language | null {
  const wishes = header
    .slice(0, 1000)
    .split(',')
    .map((entry) => {
      const [range = '', ...parameters] = entry.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return { tag: range.split('-')[0]?.toLowerCase() ?? '', weight: Number(weight) };
    });
  const heaviest = wishes
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight);
  return heaviest.map(({ tag }) => tag).find(isLanguage) ?? null;
}
