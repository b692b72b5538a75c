import { startServer, type RunningServer } from './compose.ts';
import { ConfigError, describeOptions, readConfig, type Config } from './config.ts';
import { ExecutionProviderError } from './inference/execution-provider.ts';
import { createLogger } from './observe/log.ts';

const HELP = `veriframe server

Settings are read from the environment:

${describeOptions()}
`;

/** Starts the server and runs it until SIGINT or SIGTERM. Resolves with the process's exit code. */
async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const config = readConfig(env);
  const log = createLogger(config);
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  const server = await startServer(config, log);
  announce(server, config);
  log.info({ ...server.system, port: server.port }, 'listening');
  const signal = await stopped;
  log.info({ signal, drainMs: config.drainMs }, 'stopping');
  await server.stop(config.drainMs);
  return 0;
}

/** What the person who typed `npm start` wants to know. On standard error, since standard output is the log. */
function announce({ port, system, developmentKeyFile }: RunningServer, config: Config): void {
  const host = ['0.0.0.0', '::'].includes(config.host) ? 'localhost' : config.host;
  const tier =
    system.tier === 'full'
      ? 'full: all models are loaded'
      : 'base: the optional match and PAD models are absent, so error rates are higher (see README)';
  const lines = [
    `veriframe ${system.version} on http://${host}:${port}`,
    `  tier       ${tier}`,
    `  transport  ${system.transport.name} (${system.transport.why})`,
    ...(config.demo === 'on' ? ['  demo       open the address above in a browser'] : []),
    ...(developmentKeyFile === null ? [] : [`  API key    ${developmentKeyFile} (for development)`]),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  const isExpected = error instanceof ConfigError || error instanceof ExecutionProviderError;
  process.stderr.write(
    `veriframe: ${isExpected || !(error instanceof Error) ? String(error) : error.stack}\n`,
  );
  process.exitCode = 1;
}
