import { OPERATIONS } from '../../protocol/http/operations.ts';
import type { OperationDescription } from '../../protocol/http/operation.ts';
import { table } from './table.ts';

const GRANTED_BY = {
  observe: 'mayObserve',
  vouch: 'mayVouch',
  manage: 'mayManage',
  import: 'mayImport',
} as const;

function neededBy({ access, right }: OperationDescription): string {
  if (access === 'public') return 'nothing';
  return right === null ? 'an API key' : `an API key with \`${GRANTED_BY[right]}\``;
}

/** Every operation of the HTTP API. */
export function operationTable(): string {
  return table(
    ['request', 'needs', 'it does', 'errors beside `server.internal`'],
    Object.values<OperationDescription>(OPERATIONS).map((operation) => [
      `\`${operation.method} ${operation.path}\``,
      neededBy(operation),
      operation.summary,
      operation.errors.map((code) => `\`${code}\``).join(' '),
    ]),
  );
}
