import { buildClient } from './build/browser.ts';
import { buildDemo } from './build/demo.ts';
import { buildPackage } from './build/packages.ts';

/**
 * Builds what the compiler does not build: the packages that programs of the clone import, the browser's files and the
 * demo's pages. Pages are bundled from the sources, so nothing here needs the package for browsers.
 */
const IMPORTED = ['protocol', 'backend', 'kiosk'] as const;
for (const name of IMPORTED) await buildPackage(name);
await buildClient();
await buildDemo();
