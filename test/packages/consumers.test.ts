import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveFolder } from '../support/serve-folder.ts';
import { execute, install, pack, ROOT } from './support.ts';
import { chromiumPath, launchBrowser } from '../../tools/chromium.ts';

const VERSIONS = { vite: '8.4.0', react: '19.3.1', 'react-dom': '19.3.1', vue: '3.5.45' };

/** The script of a page that shows the element, by what the page is written with. */
const PAGES = {
  'plain modules': `import '@veriframe/browser/element';
document.querySelector('#app').append(document.createElement('face-auth'));`,
  React: `import '@veriframe/browser/element';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
createRoot(document.querySelector('#app')).render(createElement('face-auth', { locale: 'en' }));`,
  Vue: `import '@veriframe/browser/element';
import { createApp, h } from 'vue';
createApp({ render: () => h('face-auth', { locale: 'en' }) }).mount('#app');`,
};

const TYPED = `import { createFaceSession, type FaceSessionEvent } from '@veriframe/browser';
import type { FaceAuth } from '@veriframe/browser/element';
import { LIGHT } from '@veriframe/browser/look';
export const start = () => createFaceSession({ url: 'wss://door.example/v1/stream', ticket: () => 'ticket', video: document.createElement('video') });
export const ink: string = LIGHT.ink;
export const tell = (element: FaceAuth, event: FaceSessionEvent) => [element.locale, event.type];
`;

describe('projects that install the packages', () => {
  let scratch: string;
  let project: string;
  let isInstalled: boolean;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'veriframe-consumers-'));
    project = join(scratch, 'project');
    await mkdir(project);
    await writeFile(
      join(project, 'package.json'),
      '{ "name": "project", "private": true, "type": "module" }',
    );
    const tarballs: string[] = [];
    for (const folder of ['client/browser', 'client/backend', 'protocol'])
      tarballs.push((await pack(folder, scratch)).tarball);
    const others = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`);
    isInstalled = await install(project, [...tarballs, ...others]);
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  /** Runs a script of the project's own in Node. */
  async function runs(name: string, script: string): Promise<string> {
    await writeFile(join(project, name), script);
    return (await execute(process.execPath, [name], { cwd: project })).stdout.trim();
  }

  it('get nothing of the server', async ({ skip }) => {
    if (!isInstalled) skip('the packages of others cannot be had here');
    const installed = await readdir(join(project, 'node_modules'));
    expect(installed).toContain('lit');
    for (const name of ['sharp', 'onnxruntime-node', 'better-sqlite3', 'pino', 'ws', 'uWebSockets.js'])
      expect(installed).not.toContain(name);
  });

  it.each(
    Object.entries(PAGES),
  )('show the element on a page of %s that Vite has built', async (kind, script) => {
    if (!isInstalled || chromiumPath === null) return;
    const page = join(project, kind.replaceAll(' ', '-'));
    await mkdir(page);
    await writeFile(join(page, 'main.js'), script);
    await writeFile(
      join(page, 'index.html'),
      '<!doctype html><html lang="en"><title>t</title><div id="app"></div><script type="module" src="./main.js"></script></html>',
    );
    await execute(process.execPath, [join(project, 'node_modules/vite/bin/vite.js'), 'build', page], {
      cwd: project,
    });
    expect((await readdir(join(page, 'dist/assets'))).some((name) => name.includes('encode-worker'))).toBe(
      true,
    );
    const site = await serveFolder(join(page, 'dist'));
    const browser = await launchBrowser(chromiumPath);
    try {
      const window = await browser.newPage();
      await window.goto(site.url);
      await window.locator('face-auth[screen=start]').waitFor();
    } finally {
      await browser.close();
      await site.close();
    }
  });

  it('render on a server, where there is no window', async ({ skip }) => {
    if (!isInstalled) skip('the packages of others cannot be had here');
    const said = await runs(
      'render.js',
      `import '@veriframe/browser';
import '@veriframe/browser/element';
import '@veriframe/browser/look';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
console.log(typeof window, renderToString(createElement('face-auth', { locale: 'en' })));`,
    );
    expect(said).toBe('undefined <face-auth locale="en"></face-auth>');
  });

  it('find the types of the browser package', async ({ skip }) => {
    if (!isInstalled) skip('the packages of others cannot be had here');
    await writeFile(join(project, 'typed.ts'), TYPED);
    const options = ['--noEmit', '--strict', '--lib', 'es2022,dom', '--module', 'esnext', '--types', ''];
    const { stdout } = await execute(
      process.execPath,
      [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...options,
        '--moduleResolution',
        'bundler',
        'typed.ts',
      ],
      { cwd: project },
    ).catch((error: { readonly stdout: string }) => error);
    expect(stdout).toBe('');
  });

  it.each([
    [
      'modules',
      'backend.mjs',
      "import * as backend from '@veriframe/backend'; import * as protocol from '@veriframe/protocol';",
    ],
    [
      'CommonJS',
      'backend.cjs',
      "const backend = require('@veriframe/backend'); const protocol = require('@veriframe/protocol');",
    ],
  ])('use the backend package in Node with %s', async (_kind, name, imports) => {
    if (!isInstalled) return;
    const said = await runs(
      name,
      `${imports}
console.log(typeof backend.verifyDecision, typeof backend.createBackend, protocol.SUBPROTOCOL);`,
    );
    expect(said).toBe('function function veriframe.v1');
  });
});
