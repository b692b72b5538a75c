import { buildClient } from './build/browser.ts';
import { buildDemo } from './build/demo.ts';
import { buildPackage, type WorkspaceName, WORKSPACES } from './build/packages.ts';

/**
 * Builds what the compiler does not build: the packages of the workspaces, the browser's files and the demo's pages.
 */
for (const name of Object.keys(WORKSPACES) as WorkspaceName[]) await buildPackage(name);
await buildClient();
await buildDemo();
