import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { runQuietly, whyNotQuiet, type Observed, type Report } from '../support/quiet-machine/index.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { preparedModels } from '../vision/support.ts';
import { samplePhoto } from '../models/support.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const whyNot = whyNotQuiet();

/** What evaluation, training and the tests do: they load the networks in a process of their own, and run them. */
const LOADS_NETWORKS = `
const { OrtRunner } = await import(${JSON.stringify(at('server/inference/ort-model.ts'))});
const { loadPrepared } = await import(${JSON.stringify(at('models/prepared.ts'))});
const { modelCacheDir } = await import(${JSON.stringify(at('models/prepare/settings.ts'))});
const { models } = await loadPrepared(modelCacheDir());
const runner = await OrtRunner.load({ blazeface: models.blazeface });
process.on('SIGTERM', () => process.exit(runner.has('blazeface') ? 0 : 1));
setInterval(() => {}, 1000);
console.log('done');
`;

/** The library as it comes, which shows what would be seen. */
const LOADS_LIBRARY = `
require('onnxruntime-node').InferenceSession.create(process.argv[1]);
setInterval(() => {}, 1000);
`;

/** npm looks for a newer npm unless it is told not to. It does that for every command. */
const RUNS_NPM = `
const { status } = require('node:child_process').spawnSync('npm', ['run'], { cwd: process.argv[1] });
process.on('SIGTERM', () => process.exit(status ?? 1));
setInterval(() => {}, 1000);
console.log('done');
`;

const QUIET = { asked: [], unreachable: 0, written: [] };

describe.skipIf(whyNot !== null)(
  `on a machine with no network but its own, and a name server that counts${whyNot === null ? '' : ` (skipped: ${whyNot})`}`,
  () => {
    let report: Report;
    const of = (name: string): Observed => report.programs.find((one) => one.name === name)!;
    beforeAll(async () => {
      const { blazeface } = await preparedModels();
      const models = { VERIFRAME_MODEL_CACHE: modelCacheDir() };
      const common = { picture: samplePhoto, env: models };
      const env = {
        ...models,
        HOST: '127.0.0.1',
        PORT: '0',
        VERIFRAME_WORKERS: '1',
        VERIFRAME_DEMO: 'off',
      };
      const fromSource = ['--import', 'tsx'];
      report = await runQuietly([
        { ...common, name: 'library', role: 'caller', args: ['-e', LOADS_LIBRARY, blazeface!] },
        {
          ...common,
          name: 'networks',
          role: 'worker',
          args: [...fromSource, '--input-type=module', '-e', LOADS_NETWORKS],
        },
        { ...common, name: 'npm', role: 'worker', args: ['-e', RUNS_NPM, at('.')] },
        { ...common, name: 'server', role: 'server', args: [...fromSource, at('server/main.ts')], env },
      ]);
    });

    it('look-ups and calls are counted', () => {
      expect(report.control.asked).toContain('control.example');
      expect(report.control.unreachable).toBeGreaterThan(0);
    });

    it('ONNX Runtime by itself asks for a name and writes into the home folder', () => {
      const { asked, written } = of('library');
      expect(asked.length).toBeGreaterThan(0);
      expect(written.length).toBeGreaterThan(0);
    });

    it('the server starts, looks at frames and stops: it asks for no name, calls nobody, and writes into its data folder alone', () => {
      const { exitCode, sawFace, output, data, asked, unreachable, written } = of('server');
      expect({ exitCode, sawFace, output }).toMatchObject({ exitCode: 0, sawFace: true });
      expect(data).toContain('veriframe.db');
      expect({ asked, unreachable, written }).toEqual(QUIET);
    });

    it('npm, through which it is started, looks for no newer npm', () => {
      const { exitCode, output, asked, unreachable } = of('npm');
      expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
      expect({ asked, unreachable }).toEqual({ asked: [], unreachable: 0 });
    });

    it('what loads the networks by itself, as evaluation and training do, is as quiet', () => {
      const { exitCode, output, asked, unreachable, written } = of('networks');
      expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
      expect({ asked, unreachable, written }).toEqual(QUIET);
    });
  },
);
