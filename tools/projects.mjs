/** The projects of vitest.config.ts that `npm test` runs. */
export const QUICK = ['programs', 'parts'];

/** The projects that `npm run test:all` adds. */
export const ADDED = ['long', 'optional', 'recordings', 'packing'];

/**
 * @param {readonly string[]} names
 * @returns {string[]} arguments with which vitest runs these projects alone
 */
export const only = (names) => names.map((name) => `--project=${name}`);
