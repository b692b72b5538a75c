import { defineConfig } from 'vitest/config';

/** Sessions that run in real time (recorded clips, a browser's camera) get the machine to themselves. */
const REAL_TIME = [
  'test/e2e/command-line.test.ts',
  'test/browser/trip.test.ts',
  'test/browser/flows.test.ts',
  'test/demo/browser/**/*.test.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: REAL_TIME,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'trip',
          include: REAL_TIME,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
