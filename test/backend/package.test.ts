import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtBackend } from '../support/packed-backend.ts';
import { createSigner, DECIDED_AT_MS, type Signer } from './signer.ts';

/* The package as it is built, loaded by Node itself: the packages it depends on come from this repository's. */

const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const execute = promisify(execFile);

const LOAD = {
  'module.mjs': "import * as backend from './backend/dist/index.js';",
  'common.cjs': "const backend = require('./backend/dist/index.cjs');",
};
/** Prints what a genuine token says, and the code that one for another nonce is refused with. */
const CHECK = `
const { token, jwks, expected } = JSON.parse(process.argv[2]);
const asked = { ...expected, keys: backend.fixedKeys(jwks) };
const said = (checking) => checking.then(({ subject }) => subject, (error) => [error.name, error.code]);
Promise.all([
  said(backend.verifyDecision(token, asked)),
  said(backend.verifyDecision(token, { ...asked, nonce: 'another' })),
]).then((lines) => process.stdout.write(JSON.stringify(lines)));
`;

describe('the built package', () => {
  let folder: string;
  let signer: Signer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-package-'));
    [signer] = await Promise.all([createSigner(), builtBackend(folder)]);
    await symlink(NODE_MODULES, join(folder, 'node_modules'), 'junction');
  });
  afterAll(async () => {
    await signer[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(Object.entries(LOAD))('is used by %s', async (name, load) => {
    await writeFile(join(folder, name), `${load}\n${CHECK}`);
    const given = {
      token: await signer.sign(),
      jwks: signer.jwks,
      expected: {
        issuer: 'veriframe',
        audience: 'shop',
        session: 'session-1',
        nonce: 'nonce-1',
        mode: 'verify',
        policy: 'standard',
        subject: 'ada',
        atMs: DECIDED_AT_MS,
      },
    };
    const { stdout } = await execute(process.execPath, [name, JSON.stringify(given)], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual(['ada', ['DecisionError', 'nonce']]);
  });
});
