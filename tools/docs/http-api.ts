import { OPERATIONS } from '../../server/api/operations.ts';
import { table } from './table.ts';

/** Every operation of the HTTP API. */
export function operationTable(): string {
  return table(
    ['request', 'needs', 'it does', 'errors beside `server.internal`'],
    OPERATIONS.map(({ method, path, access, summary, errors }) => [
      `\`${method} ${path}\``,
      access === 'key' ? 'API key' : 'nothing',
      summary,
      errors.map((code) => `\`${code}\``).join(' '),
    ]),
  );
}
