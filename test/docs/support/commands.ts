import { type FencedBlock, fencedBlocks } from './documents.ts';

/** A command that a document shows. */
export interface ShownCommand {
  readonly document: string;
  /** As it stands, several lines where they belong together. */
  readonly command: string;
  /** What the document shows as its output, `…` for whatever differs; null: nothing is shown. */
  readonly output: string | null;
}

/** `console`: commands after a prompt, each with its output. `sh`: commands alone. */
const SHELL_LANGUAGES = ['console', 'sh'];
/** Other names of shells, which a writer may use by mistake. */
export const OTHER_SHELLS = ['', 'bash', 'shell', 'zsh', 'shell-session', 'powershell', 'cmd'];

const PROMPT = '$ ';

/** The commands of a document, in order. */
export function shownCommands(document: string): ShownCommand[] {
  return fencedBlocks(document).flatMap((block) =>
    SHELL_LANGUAGES.includes(block.language) ? commandsOf(block) : [],
  );
}

/** The commands of one shell block. */
export function commandsOf({ document, language, content }: FencedBlock): ShownCommand[] {
  const lines = content.trimEnd().split('\n');
  const found: { command: string; output: string[] }[] = [];
  let isOpen = false;
  for (const line of lines) {
    const last = found.at(-1);
    if (isOpen && last !== undefined) last.command += `\n${line}`;
    else if (language === 'sh') found.push({ command: line, output: [] });
    else if (line.startsWith(PROMPT)) found.push({ command: line.slice(PROMPT.length), output: [] });
    else if (last === undefined) throw new Error(`${document}: output before a command: ${line}`);
    else last.output.push(line);
    isOpen = isUnfinished(found.at(-1)?.command ?? '');
  }
  return found.map(({ command, output }) => ({
    document,
    command: withoutComment(command),
    output: output.length === 0 ? null : output.join('\n'),
  }));
}

/** Whether a shell would wait for another line: after a backslash, or within single quotes. */
function isUnfinished(command: string): boolean {
  return command.endsWith('\\') || command.split("'").length % 2 === 0;
}

const withoutComment = (command: string) => command.replace(/\s+# [^\n]*$/, '').trim();

/** Whether an output is what a document shows, where `…` stands for anything. */
export function isAsShown(output: string, shown: string): boolean {
  const pattern = shown
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('[^]*');
  return new RegExp(`^${pattern}$`).test(output.trim());
}
