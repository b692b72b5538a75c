/** `<face-auth>` and the SDK in one module, for a page that loads one file. */
export * from './index.ts';
export * from '../sdk/index.ts';
