import { join } from 'node:path';
import { deleteAccount, exportAccount, signOut, signOutDevice, viewAccount } from './account.ts';
import { type Assets, readAssets } from './assets.ts';
import { createContext, type DemoContext } from './context.ts';
import { openDatabase } from './database.ts';
import { DemoError } from './errors.ts';
import { completeFace, removeKey, startAddingKey, startEnrolment, startSignIn, whereHelpIs } from './face.ts';
import { HELP_PATH, HelpFiles } from './help-files.ts';
import { type DemoRequest, type DemoResponse, refused, requireSameOrigin } from './http.ts';
import { linkFrom } from '../links.ts';
import { listDecisions, listSubjects, signInOperator, signOutOperator, startLive } from './operator.ts';
import { OPERATOR_SUBJECTS } from './operator-subjects.ts';
import { servePage } from './pages.ts';
import { signInByPassword } from './password-sign-in.ts';
import { register } from './register.ts';
import { startSeeing } from './see.ts';
import { Service, type ServiceOptions } from './service.ts';

export type { DemoRequest, DemoResponse } from './http.ts';

interface DemoOptions {
  /** Where the demo keeps its own database, `demo.db`. */
  readonly dataDir: string;
  /** The output folder of `buildDemo`. */
  readonly assetsDir: string;
  /** Path of `face_landmarker.task`, the model for help on the device. Null when it was not prepared. */
  readonly helpModel: string | null;
  readonly service: Omit<ServiceOptions, 'nowMs'>;
  /** The secret for the operator's page. Without it there is no such page. */
  readonly operatorSecret?: string;
  readonly nowMs: () => number;
}

/** A small relying party with its own users, served on one origin with the face service. */
export interface Demo {
  /** Rejects only because of a defect in the program. */
  handle(request: DemoRequest): Promise<DemoResponse>;
  close(): void;
}

type Operation = (context: DemoContext, request: DemoRequest) => Promise<DemoResponse>;

const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/api/register': { POST: register },
  '/api/face/help': { GET: whereHelpIs },
  '/api/face/enrol': { POST: startEnrolment },
  '/api/face/sign-in': { POST: startSignIn },
  '/api/face/key': { POST: startAddingKey },
  '/api/face/decision': { POST: completeFace },
  '/api/password/sign-in': { POST: signInByPassword },
  '/api/account': { GET: viewAccount, DELETE: deleteAccount },
  '/api/account/export': { GET: exportAccount },
  '/api/devices/sign-out': { POST: signOutDevice },
  '/api/keys/remove': { POST: removeKey },
  '/api/sign-out': { POST: signOut },
  '/api/see/session': { POST: startSeeing },
  '/api/operator/sign-in': { POST: signInOperator },
  '/api/operator/sign-out': { POST: signOutOperator },
  '/api/operator/live': { POST: startLive },
  '/api/operator/decisions': { GET: listDecisions },
  '/api/operator/subjects': { GET: listSubjects },
  ...OPERATOR_SUBJECTS,
};

/** Opens the demo. Rejects when its pages are not built or its database cannot be opened. */
export async function openDemo({
  dataDir,
  assetsDir,
  helpModel,
  service,
  operatorSecret,
  nowMs,
}: DemoOptions): Promise<Demo> {
  const assets = await readAssets(assetsDir);
  const help = helpModel === null ? null : new HelpFiles(helpModel);
  const database = openDatabase(join(dataDir, 'demo.db'));
  const context = createContext(
    database,
    new Service({ ...service, nowMs }),
    help,
    nowMs,
    operatorSecret ?? null,
  );
  return {
    async handle(request) {
      try {
        return withLinkedLocation(await answer(context, assets, request), request);
      } catch (error) {
        if (error instanceof DemoError) return refused(error);
        throw error;
      }
    },
    close: () => void database.close(),
  };
}

/** A redirect as seen from where the browser is, since a proxy may serve the site under a path of its own. */
function withLinkedLocation(response: DemoResponse, { path }: DemoRequest): DemoResponse {
  const { location } = response.headers;
  return location === undefined
    ? response
    : { ...response, headers: { ...response.headers, location: linkFrom(path, location) } };
}

async function answer(context: DemoContext, assets: Assets, request: DemoRequest): Promise<DemoResponse> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method !== 'GET') requireSameOrigin(request);
  const operations = Object.hasOwn(OPERATIONS, request.path) ? OPERATIONS[request.path] : undefined;
  if (operations === undefined) {
    if (method !== 'GET') throw new DemoError('method.unknown');
    if (request.path.startsWith('/api/')) throw new DemoError('page.unknown');
    const help = request.path.startsWith(HELP_PATH)
      ? await context.help?.serve(request.path.slice(HELP_PATH.length), request)
      : null;
    return help ?? servePage(context, assets, request);
  }
  const operation = operations[method];
  if (operation === undefined) throw new DemoError('method.unknown');
  return await operation(context, request);
}
