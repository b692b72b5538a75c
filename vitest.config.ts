import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** `npm run test:all` sets it: what it names is used as well, not only what every clone has. */
const isAll = process.env['VERIFRAME_TEST_ALL'] === '1';

/** What takes long and is not what most changes break: `npm run test:all` has it, `npm test` has not. */
const LONG = [
  'test/bench/**/*.test.ts',
  'test/browser/flows.test.ts',
  'test/browser/looks.test.ts',
  'test/browser/people.test.ts',
  'test/browser/script-tag.test.ts',
  'test/chaos/processes.test.ts',
  'test/demo/browser/**/*.test.ts',
  'test/tools/npm-versions.test.ts',
  'test/tools/release.test.ts',
  'test/docs/commands.test.ts',
  'test/e2e/control.test.ts',
  'test/e2e/covered-eyes.test.ts',
  'test/e2e/drift.test.ts',
  'test/e2e/nginx.test.ts',
  'test/e2e/person.test.ts',
  'test/e2e/start-faults.test.ts',
  'test/e2e/stills.test.ts',
  'test/e2e/tiers.test.ts',
  'test/e2e/try.test.ts',
  'test/evaluate/bona-fide.test.ts',
  'test/evaluate/pad.test.ts',
  'test/evaluate/verification.test.ts',
  'test/examples/**/*.test.ts',
  'test/train/**/*.test.ts',
];

/**
 * Packing a workspace and `npm start` make `dist` anew, which programs of other tests run from: these files have the
 * machine to themselves.
 */
const PACKING = ['test/packages/**/*.test.ts', 'test/tools/npm-start.test.ts'];

/** Files that start servers, workers, programs or browsers: each gets a process of its own. */
const PROGRAMS = [
  'test/backend/package.test.ts',
  'test/backend/real-server.test.ts',
  'test/browser/**/*.test.ts',
  'test/chaos/workers.test.ts',
  'test/demo/accounts.test.ts',
  'test/e2e/**/*.test.ts',
  'test/inference/fence.test.ts',
  'test/inference/pool.test.ts',
  'test/kiosk/cli.test.ts',
  'test/kiosk/sources.test.ts',
  'test/models/**/*.test.ts',
  'test/server/compose.test.ts',
  'test/server/part-settings.test.ts',
  'test/observe/recording.test.ts',
  'test/store/folder-lock.test.ts',
  'test/store/sqlite-processes.test.ts',
];

/** What shows something else with the optional models or the recordings: these files run once more with them. */
const WITH_THE_OPTIONAL = [
  'test/bench/frame.test.ts',
  'test/bench/hints.test.ts',
  'test/browser/help.test.ts',
  'test/demo/accounts.test.ts',
  'test/e2e/*.test.ts',
  'test/evaluate/*.test.ts',
  'test/inference/pool.test.ts',
  'test/models/minifasnet.test.ts',
  'test/observe/recording.test.ts',
  'test/train/**/*.test.ts',
  'test/vision/*.test.ts',
];

/** What the base tier shows as well as any other. */
const BASE_ALONE = [
  'test/e2e/nginx.test.ts',
  'test/e2e/person.test.ts',
  'test/e2e/start-faults.test.ts',
  'test/e2e/try.test.ts',
];

/** A recording goes on at its own pace, whoever keeps up: it has the machine to itself. */
const REAL_TIME = ['test/e2e/command-line.test.ts'];

/** What every clone has: the base tier, and nothing that lies beside it. */
const STRANGER = {
  env: {
    VERIFRAME_MODEL_CACHE: fileURLToPath(new URL('models/.cache/base-tier', import.meta.url)),
    VERIFRAME_MODEL_MIRROR: '',
    VERIFRAME_DATA: '',
  },
  globalSetup: ['test/support/base-tier.ts'],
};

/** Long files first. Those that share processes come together, for a process is kept only for the next of its kind. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array: the sequencer this one refines
    const sorted = await super.sort(files);
    const isolated = sorted.filter(({ project }) => project.config.isolate);
    return [...isolated, ...sorted.filter(({ project }) => !project.config.isolate)];
  }
}

/** Packages of this repository resolve to their sources, here and in the programs that tests start. */
const SOURCE = 'veriframe-source';

export default defineConfig({
  ssr: { resolve: { conditions: [SOURCE, 'module', 'node', 'development|production'] } },
  test: {
    execArgv: [`--conditions=${SOURCE}`],
    pool: 'forks',
    // Last resorts against a hang: no machine is too slow for them.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 300_000 } },
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'programs',
          include: PROGRAMS,
          exclude: LONG,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
          ...STRANGER,
        },
      },
      {
        extends: true,
        test: {
          // Nothing here replaces a module or a global, so that files can share a process and what it has loaded.
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...LONG, ...PACKING, ...PROGRAMS],
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
          ...STRANGER,
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: LONG,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          ...STRANGER,
        },
      },
      {
        extends: true,
        test: {
          name: 'packing',
          include: PACKING,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
          ...STRANGER,
        },
      },
      ...(isAll
        ? [
            {
              extends: true as const,
              test: {
                name: 'optional',
                include: WITH_THE_OPTIONAL,
                exclude: [...REAL_TIME, ...BASE_ALONE],
                maxWorkers: 2,
                sequence: { groupOrder: 2 },
              },
            },
            {
              extends: true as const,
              test: {
                name: 'recordings',
                include: REAL_TIME,
                maxWorkers: 1,
                sequence: { groupOrder: 3 },
              },
            },
          ]
        : []),
    ],
  },
});
