import { createHash } from 'node:crypto';
import type { VeriframeError } from '../../protocol/errors.ts';
import type { ApiContext } from '../api/context.ts';
import { getKeys, getSystem } from '../api/system.ts';
import { matchPath, NO_BODY, type PlainMount } from '../gateway/mount.ts';
import type { HttpResponse } from '../gateway/transport.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #0b0e14; --paper: #f6f6f3; --quiet: #5c5a55; --line: #dcdad4; --proven: #0b8a66 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f6f6f3; --paper: #0b0e14; --quiet: #a5a29b; --line: #2a2d34; --proven: #15b88a }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; grid-template-columns: minmax(0, 560px); place-content: center; padding: 24px; background: var(--paper); color: var(--ink); font: 16px/1.5 Inter, system-ui, sans-serif; font-variant-numeric: tabular-nums }
svg { display: block; width: 96px; height: 120px; margin-bottom: 32px }
ellipse { fill: none; stroke: var(--quiet); stroke-width: 8; stroke-dasharray: 0.3 0.7 }
.lit { stroke: var(--proven) }
h1 { margin: 0 0 8px; font-size: 32px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em }
p { margin: 0 0 24px; color: var(--quiet) }
dl { margin: 0 0 24px; border-top: 1px solid var(--line) }
dl div { display: flex; justify-content: space-between; gap: 16px; padding: 8px 0; border-bottom: 1px solid var(--line) }
dt { color: var(--quiet) }
dd { margin: 0; text-align: right }
a { color: inherit; text-underline-offset: 4px }
a:focus-visible { outline: 2px solid var(--proven); outline-offset: 4px; border-radius: 2px }
pre { margin: 0 0 24px; padding: 16px; border: 1px solid var(--line); border-radius: 14px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 14px }
code { font-family: ui-monospace, monospace }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Serves the start page at `/`. */
export function homePageMount(context: ApiContext): PlainMount {
  return {
    name: 'home page',
    body: NO_BODY,
    readableBy: 'allowed-origins',
    match: matchPath('GET', '/'),
    handle: async ({ headers }) => homePage(context, await context.health(), headers.get('host')),
  };
}

/** Says what runs here and how to use it. Loads nothing. */
function homePage(context: ApiContext, fault: VeriframeError | null, host: string | undefined): HttpResponse {
  const { version, tier } = context.system;
  const tierText = tier === 'full' ? 'Full: optional models are loaded' : 'Base: optional models are absent';
  const command = `npx veriframe verify --url ws://${host ?? 'localhost:8080'} --subject ID --source FOLDER`;
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>veriframe</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<svg viewBox="0 0 120 150" aria-hidden="true"><ellipse cx="60" cy="75" rx="50" ry="65" pathLength="72"${fault === null ? ' class="lit"' : ''}/></svg>
<h1>veriframe</h1>
<p>Proves who is in front of a camera, and that they are live, while the pictures still arrive.</p>
<dl>
<div><dt>State</dt><dd>${escapeHtml(fault === null ? 'Ready' : fault.message)}</dd></div>
<div><dt>Version</dt><dd>${escapeHtml(version)}</dd></div>
<div><dt>Model tier</dt><dd>${escapeHtml(tierText)}</dd></div>
</dl>
<p>From a second terminal:</p>
<pre><code>${escapeHtml(command)}</code></pre>
<p><a href="${getSystem.path}">System</a> · <a href="/v1/openapi.json">API</a> · <a href="${getKeys.path}">Token keys</a></p>
</main>
</body>
</html>
`;
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY },
    body,
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
