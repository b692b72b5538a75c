import { Generator } from './generator.ts';
import type { Command, Report } from './messages.ts';

const [settings] = process.argv.slice(2);
// The parent process wrote the settings from the same type.
const generator = new Generator(JSON.parse(settings) as ConstructorParameters<typeof Generator>[0]);
const send = (report: Report) => process.send?.(report);

process.on('message', (command: Command) => {
  if (command.type === 'seats') generator.seat(command.seats);
  if (command.type === 'reset') generator.reset();
  if (command.type === 'sample') send(generator.sample());
  if (command.type === 'stop') process.exit();
});
process.on('disconnect', () => process.exit());

await generator.begin();
send({ type: 'started' });
