import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readApiKeys } from '../../server/identity/api-keys.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';
import { commandsOf, isAsShown, OTHER_SHELLS, type ShownCommand, shownCommands } from './support/commands.ts';
import { fencedBlocks, inRoot, PAGES, textOf } from './support/documents.ts';
import { NOT_RUN } from './support/not-run.ts';
import { makeScratchClone } from './support/scratch-clone.ts';

const all = PAGES.flatMap(shownCommands);
const isRun = ({ command }: ShownCommand) => !NOT_RUN.some((one) => one.command === command);
/** In the order in which a reader comes to them: who is enrolled on one page is known on the next. */
const READING_ORDER = ['docs/quick-start.md', 'docs/integrate.md', 'docs/operate.md', 'docs/http-api.md'];

/** What `npm start` builds; the sources where nothing is built yet. */
const SERVER = existsSync(inRoot('dist/server/main.js'))
  ? 'node dist/server/main.js'
  : 'node --conditions=veriframe-source --import tsx server/main.ts';

const NEEDED_PROGRAMS = ['bash', 'curl', 'openssl', 'grep'];
const lacking = NEEDED_PROGRAMS.filter(
  (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined,
);
const missing = lacking.length === 0 ? null : `there is no ${lacking.join(', ')}`;

interface Result {
  readonly exitCode: number;
  readonly output: string;
}

/**
 * Runs the commands of a page one after another in one shell, so that a variable set by one is there for the next.
 * The addresses of the documents are replaced by those of the server, `npx` of the clone's own command by the command.
 */
async function runPage(commands: readonly ShownCommand[], folder: string, url: string): Promise<Result[]> {
  const end = (at: number) => `\u001E${at}:`;
  const script = commands.map(({ command }, at) => {
    const real = command
      .replaceAll('http://localhost:8080', url)
      .replaceAll('npx veriframe', 'node client/kiosk/veriframe.mjs')
      .replaceAll('node dist/server/main.js', SERVER);
    return `{\n${real}\n} 2>&1; printf '\\n\\036${at}:%s\\036' "$?"`;
  });
  const { stdout } = await promisify(execFile)('bash', ['-c', script.join('\n')], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      VERIFRAME_URL: url.replace('http', 'ws'),
      // Nothing may be fetched from a registry, whatever the documents say.
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
    },
  });
  let rest = stdout;
  return commands.map((_, at) => {
    const [output = '', after = ''] = rest.split(end(at));
    const [exitCode = '', ...further] = after.split('\u001E');
    rest = further.join('\u001E');
    return { exitCode: Number(exitCode), output };
  });
}

describe('shell blocks', () => {
  it('are found, in the pages that show most of them', () => {
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter(isRun).length).toBeGreaterThan(20);
    expect(all.filter(isRun).map(({ document }) => document)).toEqual(expect.arrayContaining(READING_ORDER));
  });

  it('say that they are shell blocks', () => {
    const unclear = PAGES.flatMap(fencedBlocks).filter(({ language }) => OTHER_SHELLS.includes(language));
    expect(unclear.map(({ document, content }) => `${document}: ${content.split('\n', 1)[0]}`)).toEqual([]);
  });

  it('stand on pages that are run, or hold nothing that runs', () => {
    const elsewhere = all.filter((one) => isRun(one) && !READING_ORDER.includes(one.document));
    expect(elsewhere.map(({ document, command }) => `${document}: ${command}`)).toEqual([]);
  });

  it('are read as a shell reads them', () => {
    const content = "$ one \\\n    more\nits output\n$ node -e '\nbody\n' # why\n$ last\n";
    const commands = commandsOf({ document: 'x.md', language: 'console', content });
    expect(commands.map(({ command, output }) => [command, output])).toEqual([
      ['one \\\n    more', 'its output'],
      ["node -e '\nbody\n'", null],
      ['last', null],
    ]);
    expect(isAsShown('{"a":12}\n', '{"a":…}')).toBe(true);
    expect(isAsShown('{"b":12}', '{"a":…}')).toBe(false);
    expect(isAsShown('a.b', 'a?b')).toBe(false);
  });
});

describe('commands that are not run here', () => {
  const shown = new Set(all.map(({ command }) => command));

  it.each(NOT_RUN)('$command: still shown, with a reason', ({ command, why, shownBy }) => {
    expect(shown).toContain(command);
    expect(why).toMatch(/^[A-Z].*\.$/);
    if (shownBy !== null) expect(existsSync(inRoot(shownBy))).toBe(true);
  });

  it('name npm scripts and files that are there', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const commands = NOT_RUN.map(({ command }) => command);
    const named = commands.flatMap((command) => [
      ...(/npm run ([\w:-]+)/.exec(command)?.slice(1) ?? []),
      ...(/npm (start|test)\b/.exec(command)?.slice(1) ?? []),
    ]);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
    const programs = commands.flatMap((command) => /^node (\S+)/.exec(command)?.slice(1) ?? []);
    const sources = programs.map((path) => path.replace(/^dist\//, '').replace(/\.js$/, '.ts'));
    expect(sources.filter((path) => !existsSync(inRoot(path)))).toEqual([]);
    const workspaces = commands.flatMap((command) => / -w (\S+)/.exec(command)?.slice(1) ?? []);
    expect(workspaces.filter((folder) => !existsSync(inRoot(join(folder, 'package.json'))))).toEqual([]);
    expect(existsSync(inRoot('Dockerfile'))).toBe(true);
  });
});

describe.skipIf(missing !== null)(
  `commands that the documents show${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    let server: RealServer;
    let clone: Awaited<ReturnType<typeof makeScratchClone>>;
    beforeAll(async () => {
      clone = await makeScratchClone();
      server = await startRealServer({
        transport: 'auto',
        dataDir: join(clone.folder, 'data'),
        // Pages show one photograph again and again, which is a replay on the second page.
        env: { VERIFRAME_METRICS: 'local', VERIFRAME_REPLAY_MEMORY_FRAMES: '0' },
      });
    });
    afterAll(async () => {
      await server.close();
      await clone.remove();
    });

    describe.each(READING_ORDER)('%s', (page) => {
      const commands = shownCommands(page).filter(isRun);
      let results: readonly Result[] = [];
      beforeAll(async () => {
        results = await runPage(commands, clone.folder, server.url);
      });

      it.each(commands.map((one, at) => ({ ...one, at })))('$command', ({ at, output }) => {
        const result = results[at];
        if (output !== null && result !== undefined && !isAsShown(result.output, output))
          expect(result.output.trim()).toBe(output);
        expect(result).toMatchObject({ exitCode: 0 });
      });
    });

    it('make an API key that opens the API for its tenant, and is kept by its hash', async () => {
      const key = (await readFile(join(clone.folder, 'shop.key'), 'utf8')).trim();
      const file = join(clone.folder, 'api-keys.json');
      const caller = (await readApiKeys(file)).authenticate(`Bearer ${key}`);
      expect(caller).toMatchObject({ tenant: 'shop', mayAttend: false, mayObserve: false });
      // The secret may hold the separator, too.
      const secret = key.split('_').slice(2).join('_');
      expect(secret).toHaveLength(43);
      expect(await readFile(file, 'utf8')).not.toContain(secret);
    });

    it('restore from the backup who was enrolled when it was made', async () => {
      const restored = await startRealServer({
        transport: 'auto',
        dataDir: join(clone.folder, 'restored'),
      });
      try {
        expect(await restored.api('GET', '/v1/subjects/ada')).toMatchObject({
          status: 200,
          body: { subject: 'ada' },
        });
        expect(await server.api('GET', '/v1/subjects/ada')).toMatchObject({ status: 404 });
      } finally {
        await restored.close();
      }
    });
  },
);
