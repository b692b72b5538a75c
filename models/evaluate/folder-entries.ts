import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** Names in a folder, sorted. */
export interface FolderEntries {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/**
 * The folders and files in `folder`, symbolic links among them by what they lead to; a link that leads nowhere is left
 * out. So are dot files: macOS lays a companion `._NAME` beside each file on foreign disks. Rejects as `readdir` does.
 */
export async function entriesOf(folder: string): Promise<FolderEntries> {
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const target = entry.isSymbolicLink()
      ? await stat(path.join(folder, entry.name)).catch(() => null)
      : entry;
    if (target?.isDirectory() === true) folders.push(entry.name);
    else if (target?.isFile() === true) files.push(entry.name);
  }
  return { folders: folders.toSorted(), files: files.toSorted() };
}
