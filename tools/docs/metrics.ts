import { ServiceMeter } from '../../server/observe/service-meter.ts';
import { table } from './table.ts';

/** Every metric of the service itself. */
export async function metricsTable(): Promise<string> {
  const meter = new ServiceMeter({
    analyzer: { workers: 0, busyWorkers: 0, queueDepth: 0 },
    openSessions: () => 0,
    nowMs: () => 0,
  });
  try {
    const help = [...(await meter.exposition()).text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)/gm)];
    return table(
      ['metric', 'kind', 'meaning'],
      help.map(([, name = '', meaning = '', kind = '']) => [`\`${name}\``, kind, meaning]),
    );
  } finally {
    meter.close();
  }
}
