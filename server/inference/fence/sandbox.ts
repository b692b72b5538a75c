import { existsSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { FencedPaths } from './fence.ts';

/**
 * Mounts a new root, with read-only mounts below it, on a folder that every Linux has and no worker needs. Makes it the
 * only root, gives up all privileges and executes the command in its own process, so that the server stays the parent.
 * Arguments: user id or `-`; then pairs of an action and a path; then `--` and the command.
 */
const SCRIPT = `
set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin
new=/sys
user=$1
shift
mount -t tmpfs -o mode=755,size=1m,nosuid,nodev,noexec veriframe $new
while [ "$1" != -- ]; do
  what=$1 path=$2
  shift 2
  case $what in
    hide)
      if [ -d "$new$path" ]; then mount -t tmpfs -o mode=755,size=64k,nosuid,nodev,noexec veriframe "$new$path"
      elif [ -e "$new$path" ]; then mount --bind /dev/null "$new$path"
      fi
      continue ;;
    link)
      [ -e "$new$path" ] || ln -s "$1" "$new$path"
      shift
      continue ;;
  esac
  if [ -d "$path" ]; then [ -d "$new$path" ] || mkdir -p "$new$path"
  elif [ ! -e "$new$path" ]; then
    [ -d "$new\${path%/*}" ] || mkdir -p "$new\${path%/*}"
    : > "$new$path"
  fi
  case $what in
    read) mount -o rbind,ro,nosuid,nodev "$path" "$new$path" ;;
    device) mount --bind "$path" "$new$path" ;;
  esac
done
shift
mkdir -p $new/proc/self
mount --bind /proc/$$ $new/proc/self
mount -o remount,bind,ro,nosuid,nodev,noexec $new
cd $new
pivot_root . .
umount -l .
cd /
unset PWD OLDPWD
ulimit -c 0
drop='--bounding-set=-all --inh-caps=-all --no-new-privs'
[ "$user" = - ] || drop="--reuid=$user --regid=$user --clear-groups $drop"
exec setpriv $drop -- "$@"
`;

/** Where programs find their libraries. Some are links, on systems that have merged these folders. */
const LIBRARIES = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib', '/lib64', '/etc/ld.so.cache'];
/** Programs that the script runs when the old root is gone. */
const TOOLS = ['umount', 'setpriv'];
const TOOL_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const DEVICES = ['/dev/null', '/dev/urandom'];

/**
 * Program and arguments that run `command` in namespaces that contain only the system libraries, the command, and the
 * readable paths without the hidden ones.
 * @param userId the user id of the command; null: this process's, in a user namespace
 */
export function sandboxed(
  command: readonly string[],
  { readable, hidden }: FencedPaths,
  userId: number | null,
): { readonly program: string; readonly args: readonly string[] } {
  const namespaces = ['--mount', '--net', '--ipc', ...(userId === null ? ['--user', '--map-root-user'] : [])];
  const files = [...LIBRARIES.filter(isThere), ...toolFiles(), process.execPath, ...readable];
  const steps = [
    ...files.filter((file) => !isLink(file)).map((file) => ['read', file] as const),
    ...DEVICES.filter(isThere).map((file) => ['device', file] as const),
    ...hidden.flatMap(alsoResolved).map((file) => ['hide', file] as const),
  ];
  const unique = new Map(steps.map(([what, file]) => [file, what]));
  // What lies deeper comes later: mounts on top of mounts.
  const ordered = [...unique].toSorted(([a], [b]) => depthOf(a) - depthOf(b));
  const links = LIBRARIES.filter((file) => isThere(file) && isLink(file)).flatMap((file) => [
    'link',
    file,
    readlinkSync(file),
  ]);
  const mounts = ordered.flatMap(([file, what]) => [what, file]);
  const user = userId === null ? '-' : String(userId);
  return {
    program: 'unshare',
    args: [...namespaces, '/bin/sh', '-c', SCRIPT, 'sh', user, ...mounts, ...links, '--', ...command],
  };
}

function toolFiles(): string[] {
  return TOOLS.flatMap((tool) => TOOL_FOLDERS.map((folder) => path.join(folder, tool)))
    .filter(isThere)
    .map((file) => realpathSync(file));
}

function depthOf(file: string): number {
  return file.split('/').length;
}

function isThere(file: string): boolean {
  return existsSync(file);
}

function isLink(file: string): boolean {
  return LIBRARIES.includes(file) && realpathSync(file) !== file && statSync(file).isDirectory();
}

/** A path and what it links to: a folder of secrets may be a link to another folder. */
function alsoResolved(file: string): string[] {
  return existsSync(file) ? [...new Set([file, realpathSync(file)])] : [file];
}
