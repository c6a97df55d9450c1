// The few tools of the operating system that the tests use: found on the PATH, else installed from Debian when root.
import { spawnSync } from 'node:child_process';

const tools = [
  { commands: ['redis-server', 'valkey-server'], package: 'redis-server', unless: 'REDIS_HOST' },
  { commands: ['tiffinfo'], package: 'libtiff-tools' },
  { commands: ['identify'], package: 'imagemagick' },
  { commands: ['exiftool'], package: 'libimage-exiftool-perl' },
  { commands: ['promtool'], package: 'prometheus' },
  { commands: ['pg_createcluster'], package: 'postgresql' },
  { commands: ['systemd-notify'], package: 'systemd' },
  { commands: ['bwrap'], package: 'bubblewrap' },
];
const pillow = { package: 'python3-pil', python: '/usr/bin/python3' };

const succeeds = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const onPath = (command) => succeeds('sh', ['-c', 'command -v "$1"', 'sh', command]);
const hasPillow = () => succeeds(pillow.python, ['-c', 'import PIL']);
const present = (tool) => Boolean(tool.unless && process.env[tool.unless]) || tool.commands.some(onPath);

/** Makes sure of every tool, or ends the run naming what to install. Returns the name of the Redis server to run. */
export function ensureSystemTools() {
  const missing = () => [
    ...tools.filter((tool) => !present(tool)).map((tool) => tool.package),
    ...(hasPillow() ? [] : [pillow.package]),
  ];
  if (missing().length > 0 && process.getuid?.() === 0 && onPath('apt-get')) install(missing());
  if (missing().length > 0) {
    console.error(`The tests need these packages of the system: ${missing().join(', ')}`);
    console.error(`On Debian or Ubuntu: sudo apt-get install ${missing().join(' ')}`);
    process.exit(1);
  }
  return ['redis-server', 'valkey-server'].find(onPath);
}

function install(packages) {
  console.error(`Installing ${packages.join(', ')} (once)…`);
  // Servers are started by the tests; a run level without services keeps the installation from starting its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args) => spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...packages);
}
