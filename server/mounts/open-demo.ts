import type { startDemo } from './demo.ts';

/** Opens the demo. Its code is loaded here, so that a server without the demo never loads it. */
export async function openDemo(...parts: Parameters<typeof startDemo>): ReturnType<typeof startDemo> {
  const demo = await import('./demo.ts');
  return await demo.startDemo(...parts);
}
