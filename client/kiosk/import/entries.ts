import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, parse, resolve } from 'node:path';
import { asKioskError, KioskError } from '../errors.ts';
import { naturalOrder } from '../sources/folder.ts';

/** Whom to import, from which files. */
export interface ImportEntry {
  readonly subject: string;
  readonly paths: readonly string[];
  readonly label: string | null;
}

/** Endings of photographs. HEIC is read by nothing here, and is named in the report for what it is. */
const PHOTO_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.avif', '.tif', '.tiff', '.heic', '.heif']);

/**
 * Finds people and their photographs: `DIR/<subject>.jpg`, `DIR/<subject>/*.jpg`, or the lines of a CSV file with the
 * columns `subject` and `path`, and `label` if it likes. Files that begin with a dot, such as the `._*` of a Macintosh,
 * and files with other endings are left out.
 * @throws KioskError `source.not_found`, `source.empty`, `source.unreadable`
 */
export async function findEntries(path: string): Promise<readonly ImportEntry[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new KioskError('source.not_found', path);
  const entries = found.isDirectory() ? await inFolder(path) : await inCsv(path);
  if (entries.length === 0) throw new KioskError('source.empty', `There is nobody to import in ${path}.`);
  return entries;
}

async function inFolder(folder: string): Promise<readonly ImportEntry[]> {
  const bySubject = new Map<string, string[]>();
  const add = (subject: string, path: string) =>
    void bySubject.set(subject, [...(bySubject.get(subject) ?? []), path]);
  for (const item of await listed(folder)) {
    const path = join(folder, item.name);
    if (item.isDirectory()) {
      const names = (await listed(path)).filter(isPhoto).map(({ name }) => name);
      for (const name of naturalOrder(names)) add(item.name, join(path, name));
    } else if (isPhoto(item)) add(parse(item.name).name, path);
  }
  return naturalOrder([...bySubject.keys()]).map((subject) => ({
    subject,
    paths: bySubject.get(subject) ?? [],
    label: null,
  }));
}

async function listed(folder: string): Promise<Dirent[]> {
  const items = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw asKioskError(error, 'source.unreadable');
  });
  return items.filter(({ name }) => !name.startsWith('.'));
}

function isPhoto(item: Dirent): boolean {
  return !item.isDirectory() && PHOTO_ENDINGS.has(extname(item.name).toLowerCase());
}

async function inCsv(path: string): Promise<readonly ImportEntry[]> {
  const [header, ...rows] = readCsv(await readFile(path, 'utf8'));
  const column = (name: string) => header?.findIndex((one) => one.trim().toLowerCase() === name) ?? -1;
  const [subjectAt, pathAt, labelAt] = [column('subject'), column('path'), column('label')];
  if (subjectAt < 0 || pathAt < 0)
    throw new KioskError(
      'source.unreadable',
      `The first line of ${path} must name the columns subject and path.`,
    );
  const entries = new Map<string, ImportEntry>();
  for (const [at, row] of rows.entries()) {
    const [subject, photo] = [row[subjectAt]?.trim() ?? '', row[pathAt]?.trim() ?? ''];
    if (subject === '' || photo === '')
      throw new KioskError('source.unreadable', `Row ${at + 2} of ${path} has no subject or no path.`);
    const before = entries.get(subject);
    const label = before?.label ?? (row[labelAt]?.trim() || null);
    const paths = [...(before?.paths ?? []), resolve(dirname(path), photo)];
    entries.set(subject, { subject, paths, label });
  }
  return [...entries.values()];
}

/**
 * Rows of comma-separated values (RFC 4180): quotes around a value, two quotes for one within; empty lines left out.
 */
export function readCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = '';
  let quoted = false;
  const endRow = () => {
    row.push(value);
    if (row.some((one) => one !== '')) rows.push(row);
    row = [];
    value = '';
  };
  const plain = text.replace(/^\uFEFF/, '');
  for (let at = 0; at < plain.length; at++) {
    const char = plain[at];
    if (quoted) {
      if (char !== '"') value += char;
      else if (plain[at + 1] === '"') {
        value += '"';
        at++;
      } else quoted = false;
    } else if (char === '"' && value === '') quoted = true;
    else if (char === ',') {
      row.push(value);
      value = '';
    } else if (char === '\n') endRow();
    else if (char !== '\r') value += char;
  }
  endRow();
  return rows;
}
