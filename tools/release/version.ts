/** A release is impossible. `message` states why, and what to do. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
}

export const STEPS = ['patch', 'minor', 'major'] as const;
export type Step = (typeof STEPS)[number];

/**
 * The version after `current` (Semantic Versioning 2.0.0, section 2).
 * @param current `MAJOR.MINOR.PATCH`
 * @throws ReleaseError where `current` has another form
 */
export function nextVersion(current: string, step: Step): string {
  const [, major = '', minor = '', patch = ''] = /^(\d+)\.(\d+)\.(\d+)$/.exec(current) ?? [];
  if (major === '') throw new ReleaseError(`${current} is no version that can be raised.`);
  switch (step) {
    case 'major':
      return `${Number(major) + 1}.0.0`;
    case 'minor':
      return `${major}.${Number(minor) + 1}.0`;
    case 'patch':
      return `${major}.${minor}.${Number(patch) + 1}`;
  }
}

const UNRELEASED = /^## \[?Unreleased\]?[^\S\n]*$/im;

/** The part of a changelog under *Unreleased*, without its heading. */
function unreleased(changelog: string): { readonly from: number; readonly to: number } {
  const heading = UNRELEASED.exec(changelog);
  if (heading === null) throw new ReleaseError('CHANGELOG.md has no section "## [Unreleased]".');
  const from = heading.index + heading[0].length;
  const next = changelog.slice(from).search(/^## /m);
  return { from, to: next === -1 ? changelog.length : from + next };
}

/**
 * The release notes: the text under *Unreleased*.
 * @throws ReleaseError where there is none
 */
export function releaseNotes(changelog: string): string {
  const { from, to } = unreleased(changelog);
  const notes = changelog.slice(from, to).trim();
  if (!/^[-*] \S/m.test(notes)) throw new ReleaseError('CHANGELOG.md has no entry under "Unreleased".');
  return notes;
}

/**
 * The changelog after the release: the text under *Unreleased* moves under the version and its date (`YYYY-MM-DD`).
 * @throws ReleaseError where there is nothing to release
 */
export function releasedChangelog(changelog: string, version: string, date: string): string {
  const notes = releaseNotes(changelog);
  const { from, to } = unreleased(changelog);
  const rest = changelog.slice(to);
  const section = `\n\n## [${version}] - ${date}\n\n${notes}\n`;
  return `${changelog.slice(0, from)}${section}${rest === '' ? '' : `\n${rest}`}`;
}
