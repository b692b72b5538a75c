import { spawnSync } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { packageRoot } from '../../models/package-root.ts';
import { type Workspace, type WorkspaceName, WORKSPACES } from './packages.ts';

const ROOT = packageRoot();
/** The declarations of all sources, one file each, as the compiler writes them. */
const DECLARATIONS = join(ROOT, 'dist', 'types');

const REPORTS = join(ROOT, 'docs', 'api');

interface PublicApi {
  /** Name of the report `docs/api/<name>.api.md`. */
  readonly name: string;
  readonly matchesReport: boolean;
}

/** The bundle for a page with a single script tag. */
const WHOLE_BROWSER = { 'face-auth': 'element/with-sdk.ts' };

/**
 * Writes the declarations from which the packages' types are made.
 * @throws Error with the compiler's messages
 */
export function compileDeclarations(): void {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  );
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.packages.json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The declarations do not compile:\n${stdout}`);
}

/**
 * Makes the types of a workspace: one file for each entry point beside its JavaScript in `dist`, and the report of its
 * public API in `docs/api`. `compileDeclarations`, and `buildTypes` for the workspaces that it imports, must run
 * before.
 * @param isUpdate true: writes a report that differs; false: only compares it
 */
export async function buildTypes(name: WorkspaceName, isUpdate: boolean): Promise<readonly PublicApi[]> {
  const { folder, entries, formats }: Workspace = WORKSPACES[name];
  const reports: PublicApi[] = [];
  const typed = Object.entries({ ...entries, ...(name === 'browser' ? WHOLE_BROWSER : {}) });
  for (const [entry, source] of typed) {
    // A program exports no types.
    if (entry === 'cli') continue;
    const types = join(ROOT, folder, 'dist', `${entry}.d.ts`);
    await Promise.all([dirname(types), REPORTS].map((needed) => mkdir(needed, { recursive: true })));
    const report = entry === 'index' ? name : `${name}-${entry}`;
    reports.push({ name: report, matchesReport: extract({ name, source, types, report, isUpdate }) });
    if (formats.includes('cjs')) await cp(types, types.replace(/\.ts$/, '.cts'));
  }
  return reports;
}

interface Extraction {
  readonly name: WorkspaceName;
  readonly source: string;
  readonly types: string;
  readonly report: string;
  readonly isUpdate: boolean;
}

/** Returns whether the public API equals the report. */
function extract({ name, source, types, report, isUpdate }: Extraction): boolean {
  const { folder, builtIn } = WORKSPACES[name];
  const entry = join(DECLARATIONS, folder, source.replace(/\.ts$/, '.d.ts'));
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: join(ROOT, folder),
      mainEntryPointFilePath: entry,
      bundledPackages: builtIn.map((other) => `@veriframe/${other}`),
      compiler: { overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [entry] } },
      apiReport: {
        enabled: true,
        reportFileName: `${report}.api.md`,
        reportFolder: REPORTS,
        reportTempFolder: join(ROOT, 'dist', 'api'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: true, untrimmedFilePath: types },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Warning },
          // Release tags are for packages with unstable parts of their API.
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
          'ae-undocumented': { logLevel: ExtractorLogLevel.None },
          // A report would name the folder of the checkout with it. A report must be the same in every clone.
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(ROOT, folder, 'package.json'),
  });
  const result = Extractor.invoke(config, { localBuild: isUpdate, showVerboseMessages: false });
  if (result.errorCount > 0) throw new Error(`The types of ${report} cannot be made.`);
  return !result.apiReportChanged;
}

const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2023', 'dom', 'dom.iterable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  noEmit: true,
};
