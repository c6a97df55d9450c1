// Runs in a process of its own, watched from outside: puts each file that it is sent through the photo reader.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { inspectPhoto, readPhoto, readPhotoHead } from '#photo';

const FRAME = { width: 600, height: 800, focus: { x: 0.5, y: 0.5 } };
const RENDERED = { widthPx: 200, heightPx: 260, dpi: 300 };

const STEPS = {
  inspect: async (path) => ({
    size: await inspectPhoto(path).then(({ widthPx, heightPx }) => `${widthPx}x${heightPx}`),
  }),
  read: async (path) => {
    const { data } = await readPhoto(path, FRAME);
    return { pixels: createHash('sha256').update(data).digest('hex'), flatRows: flatRowsAtEnd(data) };
  },
  // How far pixels are from those of an independent reader, which lie beside the file.
  match: async (path) => {
    const { orientedWidthPx: width, orientedHeightPx: height } = await readPhotoHead(path);
    const { data } = await readPhoto(path, { width, height, focus: { x: 0.5, y: 0.5 } });
    const reference = readFileSync(`${path}.reference`);
    if (reference.length !== data.length) return { difference: 255 };
    return { difference: data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - reference[i])), 0) };
  },
  colors: async (path) => {
    const { orientedWidthPx: width, orientedHeightPx: height } = await inspectPhoto(path);
    const { data } = await readPhoto(path, { width, height, focus: { x: 0.5, y: 0.5 } });
    const pixel = (x, y) => [...data.subarray(3 * (y * width + x), 3 * (y * width + x + 1))];
    const middle = (part, parts, size) => Math.floor(((part + 0.5) * size) / parts);
    return {
      patches: [0, 1, 2, 3, 4, 5].map((i) => pixel(middle(i % 3, 3, width), middle(Math.floor(i / 3), 2, height))),
    };
  },
  render: async (path) => {
    const { render } = await import('#pipelines');
    const previewPath = `${path}.preview.jpg`;
    await render({ photoPath: path, style: 'pop-poster', output: RENDERED, previewPath, threads: 1 });
    return {};
  },
};

/** How many rows at the lower end are all of one color: what a decoder leaves when it runs out of data. */
function flatRowsAtEnd(data) {
  const last = data.subarray(data.length - 3);
  let rows = 0;
  for (let end = data.length; end > 0; end -= 3 * FRAME.width, rows++) {
    for (let i = end - 3 * FRAME.width; i < end; i++) if (Math.abs(data[i] - last[i % 3]) > 2) return rows;
  }
  return rows;
}

/** Lets the highest memory be counted anew; where the system has no such thing, it is that of the process so far. */
function resetPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux, or not allowed.
  }
}

function peakMiB() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

async function attempt(step, path) {
  const started = performance.now();
  const before = process.cpuUsage();
  resetPeak();
  const outcome = await STEPS[step](path).then(
    (metadata) => ({ accepted: true, ...metadata }),
    (error) => ({
      accepted: false,
      code: error.code,
      hint: error.hint,
      text: String(error.cause ?? error.stack).slice(0, 300),
    }),
  );
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - started) / 1000;
  return { ...outcome, seconds, busySeconds: (user + system) / 1e6, peakMiB: peakMiB() };
}

process.on('message', ({ step, path }) => void attempt(step, path).then((outcome) => process.send(outcome)));
process.send('ready');
