import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ERRORS, type ErrorEntry } from '../protocol/errors.ts';
import { packageRoot } from '../models/package-root.ts';
import { OPTIONS } from '../server/config.ts';
import { LIMITS_OF_BYTES } from './limits/bytes.ts';
import type { Limit, LimitGroup } from './limits/limit.ts';
import { LIMITS_OF_SESSIONS } from './limits/sessions.ts';

/** Every limit on resources. */
export const LIMIT_GROUPS: readonly LimitGroup[] = [...LIMITS_OF_BYTES, ...LIMITS_OF_SESSIONS];

const INTRODUCTION = `# Limits

Written by \`npm run docs\` from the settings and constants in force; a test holds it to them. Values are
defaults. What the sender hears is an error code (see \`protocol/SPEC.md\`, section 7) with its WebSocket close code or
HTTP status, said before the connection ends.

What has no limit of its own: connections that are not yet a request or a WebSocket are bounded in number and in time,
but not by address, since uWebSockets.js tells nobody of them. Whoever can hold that many open keeps newcomers out;
behind a proxy that limits connections by address, as the service should be, that is the proxy's. Requests a second to
the API are not limited either: an API key belongs to a relying party, which is trusted with its own load.
`;

/** Content of `docs/limits.md`. */
export function limitsDocument(): string {
  const sections = LIMIT_GROUPS.map(({ title, limits }) =>
    [
      `## ${title}\n`,
      '| what | limit | setting | the sender hears | shown by |',
      '|---|---|---|---|---|',
      ...limits.map(rowOf),
    ].join('\n'),
  );
  return `${[INTRODUCTION, ...sections].join('\n\n').replaceAll('\n\n\n', '\n\n')}\n`;
}

function rowOf({ what, limit, setting, response, test }: Limit): string {
  const env = setting === undefined ? '' : `\`${OPTIONS[setting].env}\``;
  const answer = typeof response === 'string' ? answerOf(response, ERRORS[response]) : response.words;
  return `| ${[what, limit, env, answer, `\`${test.file}: ${test.title}\``].join(' | ')} |`;
}

function answerOf(code: string, { closeCode, httpStatus }: ErrorEntry): string {
  const ends = code.startsWith('api.') || code.startsWith('subject.') || code === 'origin.refused';
  if (ends) return `\`${code}\`, HTTP ${httpStatus}`;
  if (closeCode === null) return `\`${code}\`, and the session goes on`;
  return code.startsWith('server.')
    ? `\`${code}\`, ${closeCode} or HTTP ${httpStatus}`
    : `\`${code}\`, ${closeCode}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await writeFile(join(packageRoot(), 'docs', 'limits.md'), limitsDocument());
