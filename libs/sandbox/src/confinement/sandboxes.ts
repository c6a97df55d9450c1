import { countsProcessesByNamespace, limited, yielding } from './limits.js';
import { runNode, type Sandbox } from './sandbox.js';
import { foldersAround, TASK_FOLDER, type VisibleFile, visibleFiles } from './visible-files.js';

const EVERYTHING = ['privileges', 'files', 'network', 'processes', 'limits'] as const;

/** Gives up every right, for good. @param user the user to become; needs root */
function unprivileged(user: number | undefined, isRoot: boolean): string[] {
  return [
    'setpriv',
    ...(user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']),
    '--no-new-privs',
    '--inh-caps=-all',
    // Only who has capabilities may, and need, give up getting them again.
    ...(isRoot ? ['--bounding-set=-all'] : []),
    '--',
  ];
}

/** A world of its own by bubblewrap; as an ordinary user it needs user namespaces, as root none. */
export function bubblewrap({ changesUser }: { changesUser: boolean }): Sandbox {
  // In a user namespace of its own a process has no rights outside; none more can be made inside it.
  const identity = changesUser
    ? ['--cap-drop', 'ALL', ...['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`])]
    : ['--unshare-user', '--disable-userns', '--cap-drop', 'ALL'];
  return {
    name: 'bubblewrap',
    protections: EVERYTHING,
    changesUser,
    forks: true,
    command: (program) => {
      const files = visibleFiles(program);
      return [
        ...yielding(),
        'bwrap',
        '--die-with-parent',
        '--new-session',
        ...['ipc', 'pid', 'net', 'uts'].map((namespace) => `--unshare-${namespace}`),
        ...identity,
        ...foldersAround(files).flatMap((folder) => ['--perms', '0755', '--dir', folder]),
        ...files.flatMap(bindArguments),
        '--dev',
        '/dev',
        '--remount-ro',
        '/',
        '--chdir',
        TASK_FOLDER,
        '--',
        ...limited(changesUser || countsProcessesByNamespace()),
        ...(changesUser ? unprivileged(program.user, true) : []),
        ...runNode(program),
      ];
    },
  };
}

function bindArguments(file: VisibleFile): string[] {
  if (file.kind === 'link') return ['--symlink', file.source, file.target];
  return [file.writable ? '--bind' : '--ro-bind', file.source, file.target];
}

/**
 * The same by the tools of util-linux, which nearly every Linux has: a small file system is put together and becomes the
 * root. Arguments: the folder for it, how many folders to make and these, how many files to show and four words for each,
 * then the command.
 */
const BUILD_ROOT = `
set -eu
# In a user namespace the flags that a mount has already must be named again.
seal() {
  mount -o remount,bind,ro "$1" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev "$1" 2>/dev/null ||
    mount -o remount,bind,ro,nosuid,nodev,noexec "$1"
}
root=$1; folders=$2; shift 2
mkdir -p "$root"
mount -t tmpfs -o mode=0755,size=1m,nosuid,nodev tmpfs "$root"
while [ "$folders" -gt 0 ]; do mkdir -p "$root$1"; shift; folders=$((folders - 1)); done
files=$1; shift
while [ "$files" -gt 0 ]; do
  case $1 in
    link) ln -s "$3" "$root$4" ;;
    *)
      if [ -d "$3" ]; then mkdir -p "$root$4"; else : > "$root$4"; fi
      # In a user namespace what has mounts below it is shown with them or not at all.
      mount --bind "$3" "$root$4" 2>/dev/null || mount --rbind "$3" "$root$4"
      if [ "$2" = ro ]; then seal "$root$4"; fi ;;
  esac
  shift 4; files=$((files - 1))
done
seal "$root"
exec chroot "$root" "$@"
`;
const DEVICES = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom'];

/** As {@link bubblewrap}, where that is not installed. */
export function namespaces({ changesUser }: { changesUser: boolean }): Sandbox {
  return {
    name: 'namespaces',
    protections: EVERYTHING,
    changesUser,
    forks: true,
    command: (program) => {
      const devices = DEVICES.map((device) => ({ kind: 'bind', source: device, target: device }) as const);
      // What has mounts below it cannot be shown from within a user namespace.
      const shown = visibleFiles(program).filter(({ target }) => changesUser || target !== '/sys/fs/cgroup');
      const files: VisibleFile[] = [...shown, ...devices];
      const folders = foldersAround(files);
      return [
        ...yielding(),
        // What waits for the namespace goes with us, and the namespace with it.
        ...['setpriv', '--pdeathsig', 'KILL', '--'],
        'unshare',
        ...(changesUser ? [] : ['--user', '--map-root-user']),
        ...['--mount', '--propagation=private', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child'],
        ...['sh', '-c', BUILD_ROOT, 'sh', `${program.folder}/root`],
        ...[String(folders.length), ...folders],
        ...[String(files.length), ...files.flatMap(words)],
        ...limited(changesUser || countsProcessesByNamespace()),
        ...unprivileged(changesUser ? program.user : undefined, true),
        ...['sh', '-c', `cd ${TASK_FOLDER} && exec "$@"`, 'sh'],
        ...runNode(program),
      ];
    },
  };
}

function words(file: VisibleFile): string[] {
  const access = file.kind === 'bind' && (file.writable || file.source.startsWith('/dev/')) ? 'rw' : 'ro';
  return [file.kind, access, file.source, file.target];
}

/** Root without the right to make namespaces, as in most containers: a user that owns nothing. */
export const account: Sandbox = {
  name: 'account',
  protections: ['privileges', 'processes', 'limits'],
  changesUser: true,
  forks: false,
  command: (program) => [...yielding(), ...limited(true), ...unprivileged(program.user, true), ...runNode(program)],
};

/** What every user may give up. The processes of its user are counted together: their number cannot be limited. */
export function privileges(isRoot: boolean): Sandbox {
  return {
    name: 'privileges',
    protections: ['privileges'],
    changesUser: false,
    forks: false,
    command: (program) => [...yielding(), ...limited(false), ...unprivileged(undefined, isRoot), ...runNode(program)],
  };
}
