// Families of damaged files: broken off, bits turned over, stretches overwritten.
import { seeded, withBytes } from './bytes.mjs';

const LAST_BYTES = [1, 2, 3, 4, 8, 12, 16, 40];

/** Every sample broken off at every 5 % and shortly before its end. A cut file must be refused or show the whole picture. */
export function* cuts(samples) {
  for (const [name, bytes] of Object.entries(samples)) {
    const lengths = [
      1,
      4,
      16,
      30,
      60,
      ...Array.from({ length: 19 }, (_, i) => Math.floor((bytes.length * (i + 1)) / 20)),
    ];
    for (const length of [...lengths, ...LAST_BYTES.map((left) => bytes.length - left)]) {
      if (length <= 0 || length >= bytes.length) continue;
      yield { family: 'cut', name: `${length}-of-${name}`, bytes: bytes.subarray(0, length), whole: name };
    }
  }
}

/** Like an interrupted download into a file of the final size: the rest is blank. */
export function* blanked(samples) {
  for (const [name, bytes] of Object.entries(samples)) {
    for (const share of [0.3, 0.5, 0.7, 0.9]) {
      const copy = Buffer.from(bytes);
      copy.fill(0, Math.floor(bytes.length * share));
      yield { family: 'blank rest', name: `${share}-of-${name}`, bytes: copy, original: name };
    }
  }
}

/** @param times files a sample */
export function* flips(samples, seed, times) {
  const random = seeded(seed);
  for (const [name, bytes] of Object.entries(samples)) {
    for (let i = 0; i < times; i++) {
      // Half of them in the headers, where they do most.
      const range = i % 2 ? bytes.length : Math.min(bytes.length, 200);
      const at = Math.floor(random() * range);
      const bit = 1 << Math.floor(8 * random());
      yield {
        family: 'bit flip',
        name: `${at}-${bit}-${name}`,
        bytes: withBytes(bytes, at, [bytes[at] ^ bit]),
        original: name,
      };
    }
  }
}

export function* smashes(samples, seed, times) {
  const random = seeded(seed + 1);
  for (const [name, bytes] of Object.entries(samples)) {
    for (let i = 0; i < times; i++) {
      const length = 1 + Math.floor(64 * random());
      const at = Math.floor(random() * (i % 2 ? bytes.length - length : 400));
      const style = Math.floor(3 * random());
      const values = Array.from({ length: Math.min(length, bytes.length - at) }, () => [0, 255, 256 * random()][style]);
      yield { family: 'smash', name: `${at}+${length}-${name}`, bytes: withBytes(bytes, at, values), original: name };
    }
  }
}
