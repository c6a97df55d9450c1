// `npm run images:pin`: asks the registries for the digests that the tags of docker/Dockerfile and docker/compose.yaml have now, and
// writes them behind the tags (name:tag@sha256:...), so that a build or a start takes exactly those images. `-- --check` asks no registry,
// writes nothing and fails when an image has no digest. `-- --root FOLDER` works on the files of another checkout.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** Files, and how an image is named in them: what stands before, its name and tag, its digest. */
const FILES = [
  ['docker/Dockerfile', /^(ARG \w+_IMAGE=)([^\s@]+)(@sha256:[0-9a-f]{64})?$/gm],
  ['docker/compose.yaml', /^( +image: )(?!pop-render:)([^\s@'"]+)(@sha256:[0-9a-f]{64})?$/gm],
];
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** An index of all platforms first: its digest holds for each of them. */
const KINDS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Where the manifest of a tag is, as the Docker client resolves names. @param image such as `node:24`, `prom/prometheus:v3.5.0` */
export function manifestUrl(image) {
  const colon = image.lastIndexOf(':');
  if (colon <= image.lastIndexOf('/')) throw new Error(`${image} has no tag`);
  const [name, tag] = [image.slice(0, colon), image.slice(colon + 1)];
  const [first, ...rest] = name.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const host = isHost && first !== 'docker.io' ? first : 'registry-1.docker.io';
  const inHost = isHost ? rest.join('/') : name;
  const repository = host === 'registry-1.docker.io' && !inHost.includes('/') ? `library/${inHost}` : inHost;
  const isLocal = /^(localhost|127\.0\.0\.1)(:|$)/.test(host);
  return `${isLocal ? 'http' : 'https'}://${host}/v2/${repository}/manifests/${tag}`;
}

/** The digest of a tag. @throws Error when the registry does not report it */
export async function digestOf(image) {
  const url = manifestUrl(image);
  const ask = (headers) =>
    fetch(url, { method: 'HEAD', headers: { Accept: KINDS, ...headers }, signal: AbortSignal.timeout(30_000) });
  let response = await ask({});
  if (response.status === 401) response = await ask({ Authorization: `Bearer ${await anonymousToken(response)}` });
  const digest = response.headers.get('docker-content-digest') ?? '';
  if (response.ok && DIGEST.test(digest)) return digest;
  throw new Error(`${image}: the registry answers ${response.status} without a digest`);
}

async function anonymousToken(response) {
  const challenge = response.headers.get('www-authenticate') ?? '';
  const { realm, ...query } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  if (!realm) throw new Error(`${response.url}: the registry wants a login`);
  const answer = await fetch(`${realm}?${new URLSearchParams(query)}`, { signal: AbortSignal.timeout(30_000) });
  const { token, access_token: accessToken } = await answer.json();
  return token ?? accessToken;
}

async function main() {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, root: { type: 'string' } } });
  const root = values.root ?? fileURLToPath(new URL('..', import.meta.url));
  let unpinned = 0;
  for (const [name, pattern] of FILES) {
    const file = path.join(root, name);
    const text = readFileSync(file, 'utf8');
    const found = [...text.matchAll(pattern)];
    if (values.check) {
      for (const [, , image, digest] of found) {
        if (!digest) console.error(`${name}: ${image} has no digest (${++unpinned})`);
      }
      continue;
    }
    const digests = new Map();
    for (const [, , image] of found) digests.set(image, digests.get(image) ?? (await digestOf(image)));
    writeFileSync(
      file,
      text.replace(pattern, (_, before, image) => `${before}${image}@${digests.get(image)}`),
    );
    for (const [image, digest] of digests) console.log(`${name}: ${image}@${digest}`);
  }
  if (unpinned > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await main();
  } catch (error) {
    console.error(`Nothing more was pinned: ${error.cause?.message ?? error.message}`);
    process.exitCode = 3;
  }
}
