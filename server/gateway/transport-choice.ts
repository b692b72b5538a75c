import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { CreateTransport } from './transport.ts';
import { uwsTransport, type UwsModule } from './transport-uws.ts';
import { createWsTransport } from './transport-ws.ts';

const TRANSPORT_CHOICES = ['auto', 'uws', 'ws'] as const;
export type TransportChoice = (typeof TRANSPORT_CHOICES)[number];

export interface ChosenTransport {
  readonly name: 'uws' | 'ws';
  readonly create: CreateTransport;
  /** The reason for the choice, in a few words for the log and `/v1/system`. */
  readonly why: string;
}

/** The configured transport is not available. `message` says why and what to do. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
}

/** Node ABIs (Node 16, 18, 20) for which the npm alias has binaries. Its JavaScript fallback hangs on upgrades. */
const ALIAS_ABIS = ['93', '108', '115'];

/**
 * Chooses uWebSockets.js where it is known to work, else ws. The official package is taken when it is installed, the
 * npm alias only when it has a binary for this Node.
 * @throws TransportError when `uws` is configured and not available
 */
export function chooseTransport(choice: TransportChoice): ChosenTransport {
  if (choice === 'ws') return { name: 'ws', create: createWsTransport, why: 'configured' };
  const found = loadUws(createRequire(import.meta.url), process.versions.modules);
  if ('uws' in found) return { name: 'uws', create: uwsTransport(found.uws), why: found.why };
  if (choice === 'uws')
    throw new TransportError(
      `VERIFRAME_TRANSPORT is uws, which is not available: ${found.why}. Set it to auto or ws, or start with Node 20.`,
    );
  return { name: 'ws', create: createWsTransport, why: found.why };
}

/** Every transport that this Node can run, that of `auto` first. */
export function availableTransports(): readonly [ChosenTransport, ...ChosenTransport[]] {
  const first = chooseTransport('auto');
  return first.name === 'ws' ? [first] : [first, chooseTransport('ws')];
}

type Found = { readonly uws: UwsModule; readonly why: string } | { readonly why: string };

/**
 * @param require resolves and loads packages
 * @param abi `process.versions.modules`
 */
export function loadUws(require: NodeJS.Require, abi: string): Found {
  let folder: string;
  try {
    folder = packageFolder(require.resolve('uWebSockets.js'));
  } catch {
    return { why: 'uWebSockets.js is not installed' };
  }
  const isOfficial = packageName(folder) === 'uWebSockets.js';
  if (!isOfficial && !ALIAS_ABIS.includes(abi))
    return { why: `the uWebSockets.js alias has no binary for Node ABI ${abi}` };
  try {
    // The main file of the alias falls back to JavaScript when its binary does not load. So the binary is loaded.
    const file = isOfficial ? folder : aliasBinary(folder, abi);
    const uws: UwsModule = require(file);
    return { uws, why: isOfficial ? 'official uWebSockets.js' : 'uWebSockets.js alias' };
  } catch {
    return { why: `uWebSockets.js has no binary that loads on ${process.platform} ${process.arch}` };
  }
}

function aliasBinary(folder: string, abi: string): string {
  return join(folder, 'binaries', `uws_${process.platform}_${process.arch}_${abi}.node`);
}

function packageFolder(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder))
    if (packageName(folder) !== null) return folder;
  throw new Error('no package.json');
}

function packageName(folder: string): string | null {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const isNamed = typeof manifest === 'object' && manifest !== null && 'name' in manifest;
    return isNamed && typeof manifest.name === 'string' ? manifest.name : null;
  } catch {
    return null;
  }
}
