import { inspect } from 'node:util';
import type { ModelId } from '../models/ids.ts';
import { modelsWithRestrictions } from '../models/manifest.ts';
import { startServer, type RunningServer } from './compose.ts';
import { ConfigError, describeOptions, forgetSecrets, readConfig, type Config } from './config.ts';
import { ExecutionProviderError } from './inference/execution-provider.ts';
import { FenceError } from './inference/fence/choose.ts';
import { describeFence } from './inference/fence/fence.ts';
import { createLogger } from './observe/log.ts';
import { addressText, ListenError } from './gateway/listen-address.ts';
import { TransportError } from './gateway/transport-choice.ts';
import { ApiKeysError } from './identity/api-keys.ts';
import { RelyingPartyError } from './identity/relying-parties.ts';
import { SecretFileError } from './identity/secret-file.ts';
import { MemoryError } from './inference/machine-share.ts';
import { StartError } from './inference/worker-slot.ts';
import { describeStartFault } from './lifecycle/start-fault.ts';
import { adviseOn, StoreError } from './store/errors.ts';
import { FolderInUseError } from './store/sqlite/folder-lock.ts';

const HELP = `veriframe server

Settings are read from the environment:

${describeOptions()}
`;

/** Starts the server and runs it until a signal or the end of `npm start`. Resolves with the process's exit code. */
async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const config = readConfig(env);
  forgetSecrets(env);
  const log = createLogger({ logLevel: config.logLevel });
  const signals = listenForSignals();
  const server = await startServer(config, log);
  announce(server, config, env['VERIFRAME_DEMO'] === 'auto' && config.demo === 'off');
  log.info({ ...server.system, port: server.port, fence: server.fence.fence }, 'listening');
  const signal = await signals.first;
  log.info({ signal, drainMs: config.drainMs }, 'stopping');
  await Promise.race([server.stop(config.drainMs), signals.second.then(() => server.stop(0))]);
  return 0;
}

/** A terminal sends Ctrl-C to the whole process group, and a parent may pass it on: two signals at once are one. */
const SAME_SIGNAL_MS = 1_000;

/** Resolves `first` at the first signal, and `second` at another one. No signal ends the process by itself. */
function listenForSignals(): { first: Promise<NodeJS.Signals>; second: Promise<void> } {
  let onFirst: (signal: NodeJS.Signals) => void = () => {};
  let onSecond = () => {};
  let firstAtMs: number | null = null;
  const first = new Promise<NodeJS.Signals>((resolve) => (onFirst = resolve));
  const second = new Promise<void>((resolve) => (onSecond = resolve));
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstAtMs === null) {
      firstAtMs = performance.now();
      onFirst(signal);
    } else if (performance.now() - firstAtMs > SAME_SIGNAL_MS) onSecond();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // `npm start` opens a channel to this process, which ends with it, however it ends.
  process.once('disconnect', () => onSignal('SIGTERM'));
  process.channel?.unref();
  return { first, second };
}

/** The start-up notice for the person who typed `npm start`. Standard error, since standard output is the log. */
function announce(
  { port, system, workers, fence, developmentKeyFile, operatorSecretFile }: RunningServer,
  config: Pick<Config, 'host' | 'demo'>,
  isDemoWithoutKey: boolean,
): void {
  const host = ['0.0.0.0', '::'].includes(config.host) ? 'localhost' : config.host;
  const tier =
    system.tier === 'full'
      ? 'full: all models are loaded'
      : 'base: the optional match and PAD models are absent, so error rates are higher (see docs/measurements.md)';
  const lines = [
    `veriframe ${system.version} on http://${addressText(host, port)}`,
    `  tier       ${tier}`,
    ...weightsNotice(system.models),
    `  transport  ${system.transport.name} (${system.transport.why})`,
    `  workers    ${workers.workers} (${workers.why}), ${describeFence(fence)}`,
    ...(isDemoWithoutKey
      ? ['  demo       none: it has no key of VERIFRAME_API_KEYS_FILE; set VERIFRAME_DEMO_API_KEY to one']
      : []),
    ...(config.demo === 'on'
      ? [
          '  demo       open the address above in a browser',
          '  trial      npx veriframe try, in a second terminal: no camera is needed',
        ]
      : []),
    ...(developmentKeyFile === null ? [] : [`  API key    ${developmentKeyFile} (for development)`]),
    ...(operatorSecretFile === null
      ? []
      : [`  operator   /operator opens with the secret in ${operatorSecretFile}`]),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** One line on weights whose licence or training data the operator has to check; none where there are none. */
function weightsNotice(loaded: readonly ModelId[]): readonly string[] {
  const restricted = modelsWithRestrictions(loaded).map(({ id, licence: { spdx, restrictingData } }) =>
    restrictingData === null ? `${id} (${spdx})` : `${id} (${spdx}, trained on ${restrictingData})`,
  );
  if (restricted.length === 0) return [];
  const names = restricted.join(', ');
  return [`  weights    check whether your use is allowed: ${names}; see /v1/system and docs/models.md`];
}

/** Errors whose messages are for the operator. */
const FORESEEN = [
  ApiKeysError,
  ConfigError,
  ExecutionProviderError,
  FenceError,
  ListenError,
  MemoryError,
  RelyingPartyError,
  SecretFileError,
  StartError,
  TransportError,
];

function tellForeseen(error: Error): string | null {
  if (error instanceof StoreError) return adviseOn(error);
  return FORESEEN.some((kind) => error instanceof kind) ? error.message : null;
}

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  const told = error instanceof FolderInUseError ? error.message : describeStartFault(error, tellForeseen);
  process.stderr.write(`veriframe: ${told ?? inspect(error)}\n`);
  process.exitCode = 1;
}
