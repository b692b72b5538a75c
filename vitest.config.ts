import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Sessions that run in real time (recorded clips, a browser's camera) run after everything else, two files at a time. */
const REAL_TIME = ['test/e2e/command-line.test.ts', 'test/demo/browser/**/*.test.ts'];
/** Here a blink is asked for and drawn as the page asks for pictures: this has the machine to itself. */
const ALONE = ['test/browser/trip.test.ts'];

/** Files that start servers, workers, programs or browsers: each gets a process of its own. */
const PROGRAMS = [
  'test/bench/**/*.test.ts',
  'test/browser/**/*.test.ts',
  'test/chaos/processes.test.ts',
  'test/chaos/workers.test.ts',
  'test/demo/accounts.test.ts',
  'test/e2e/**/*.test.ts',
  'test/evaluate/bona-fide.test.ts',
  'test/evaluate/pad.test.ts',
  'test/evaluate/verification.test.ts',
  'test/inference/fence.test.ts',
  'test/inference/pool.test.ts',
  'test/kiosk/cli.test.ts',
  'test/kiosk/sources.test.ts',
  'test/models/**/*.test.ts',
  'test/server/part-settings.test.ts',
  'test/server/recording.test.ts',
  'test/store/folder-lock.test.ts',
  'test/store/sqlite-processes.test.ts',
  'test/train/**/*.test.ts',
];

/** Long files first. Those that share processes come together, for a process is kept only for the next of its kind. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array: the sequencer this one refines
    const sorted = await super.sort(files);
    const isolated = sorted.filter(({ project }) => project.config.isolate);
    return [...isolated, ...sorted.filter(({ project }) => !project.config.isolate)];
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'programs',
          include: PROGRAMS,
          exclude: [...REAL_TIME, ...ALONE],
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          // Nothing here replaces a module or a global, so that files can share a process and what it has loaded.
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...REAL_TIME, ...ALONE, ...PROGRAMS],
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real-time',
          include: REAL_TIME,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'trip',
          include: ALONE,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
