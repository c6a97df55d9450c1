// What one client, or a few, can do to a server from one connection on: each attack goes on until it is stopped.
//
//   node attacks.mjs NAME URL SIZE_PRESET_ID STYLE_ID
//
// On SIGTERM it prints what it was answered, as JSON, and ends.
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { flatWebp, interlacedPng, jpegOfManyScans, ordinaryPhoto, progressiveJpeg } from './photos.mjs';

/** Addresses of this machine, none of which an honest client has. */
const ATTACKERS = ['127.0.66.1', '127.0.66.2', '127.0.66.3', '127.0.66.4'];
const [ATTACKER] = ATTACKERS;
const BOUNDARY = 'siege';
const DRIP_MS = 1_000;
/** For a server that refuses at once: the attack stays bounded, as it would be by a network. */
const PAUSE_MS = 20;
const REQUEST_MS = 60_000;
const IDLE_CONNECTIONS = 1_100;
const TRAILING_BYTES = 45 * 1024 * 1024;

const [name, url, sizePresetId, styleId] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const answers = new Map();
let isOver = false;

const tally = (status) => answers.set(status, (answers.get(status) ?? 0) + 1);

const ATTACKS = {
  /** 40 connections with lossless WEBPs of 38 bytes and 100 megapixels. */
  'webp-bombs': async () => uploads(40, await flatWebp()),
  /** The same from several addresses. */
  'webp-bombs-of-four': async () => uploads(40, await flatWebp(), ATTACKERS),
  /** 20 connections with JPEGs of 77 scans. */
  'jpeg-scans': async () => uploads(20, await jpegOfManyScans()),
  /** 20 connections with what is allowed and costs most. */
  'costly-photos': async () => {
    const photos = [await progressiveJpeg(), await interlacedPng()];
    await Promise.all(photos.map((photo) => uploads(10, photo)));
  },
  /** 40 clients that are gone as soon as their photo has arrived. */
  'vanishing-clients': async () => {
    const photo = await flatWebp();
    await side(40, async () => vanish(form(photo)));
  },
  /** 40 uploads of a byte a second. */
  'dripping-uploads': async () => {
    const body = form(ordinaryPhoto());
    await side(40, async () => drip(uploadHead(body.length), body));
  },
  /** The same from several addresses. */
  'dripping-uploads-of-four': async () => {
    const body = form(ordinaryPhoto());
    await side(40, async (i) => drip(uploadHead(body.length), body, ATTACKERS[i % ATTACKERS.length]));
  },
  /** Renders of the largest print, as fast as they are taken. */
  'flood-of-renders': async () => uploads(8, ordinaryPhoto()),
  /** Connections that have asked once and stay. */
  'idle-connections': () => side(IDLE_CONNECTIONS, stayIdle, 1),
  /** Connections that never end the headers of their request. */
  'dripping-headers': () =>
    side(
      IDLE_CONNECTIONS,
      () => drip(Buffer.from('GET /v1/styles HTTP/1.1\r\nHost: localhost\r\nX-Drip: '), undefined),
      1,
    ),
  /** Photos with 45 MiB behind their end. */
  'trailing-bytes': () => uploads(4, Buffer.concat([ordinaryPhoto(), Buffer.alloc(TRAILING_BYTES)])),
};

/** `count` at a time, repeatedly. */
async function side(count, attack, staggerMs = 0) {
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      await sleep(i * staggerMs);
      while (!isOver) {
        await attack(i).catch(({ code }) => tally(code ?? 'failed'));
        await sleep(PAUSE_MS);
      }
    }),
  );
}

async function uploads(count, photo, addresses = [ATTACKER]) {
  const agents = addresses.map((localAddress) => new Agent({ keepAlive: true, localAddress }));
  const body = form(photo);
  await side(count, (i) => post(body, agents[i % agents.length]));
}

function form(photo) {
  const field = (field, value) =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`;
  const file = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
  return Buffer.concat([
    Buffer.from(field('style_id', styleId) + field('size_preset_id', sizePresetId) + file),
    photo,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

function post(body, agent) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, 'Content-Length': body.length };
    const upload = request(`${url}/v1/renders`, { method: 'POST', agent, headers, timeout: REQUEST_MS });
    upload.on('response', (response) => {
      tally(response.statusCode);
      response.resume().on('end', resolve).on('error', reject);
    });
    upload.on('error', reject).on('timeout', () => upload.destroy());
    upload.end(body);
  });
}

function uploadHead(length) {
  return Buffer.from(
    `POST /v1/renders HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\r\n` +
      `Content-Length: ${length}\r\n\r\n`,
  );
}

async function opened(localAddress = ATTACKER) {
  const socket = connect({ host: hostname, port: Number(port), localAddress });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => undefined); // A reset is one way of being closed.
  socket.on('data', (data) => tally(/^HTTP\/1\.1 (\d+)/.exec(data.toString('latin1'))?.[1] ?? 'data'));
  return { socket, closed };
}

async function vanish(body) {
  const { socket } = await opened();
  socket.end(Buffer.concat([uploadHead(body.length), body]));
  await sleep(100);
  socket.destroy();
  tally('vanished');
}

async function drip(head, body, localAddress) {
  const { socket, closed } = await opened(localAddress);
  socket.write(head);
  let sent = 0;
  const timer = setInterval(() => socket.write(body ? body.subarray(sent, ++sent) : 'x'), DRIP_MS);
  await closed;
  clearInterval(timer);
}

async function stayIdle() {
  const { socket, closed } = await opened();
  socket.write('GET /v1/styles HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await closed;
}

process.once('SIGTERM', () => {
  isOver = true;
  process.stdout.write(JSON.stringify(Object.fromEntries(answers)), () => process.exit(0));
});
if (!Object.hasOwn(ATTACKS, name)) {
  console.error(`There is no attack ${name}; there are ${Object.keys(ATTACKS).join(', ')}`);
  process.exit(2);
}
await ATTACKS[name]();
