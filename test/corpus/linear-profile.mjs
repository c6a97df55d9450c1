// A color profile of linear light, written by hand.
import { createHash } from 'node:crypto';
import { join, u16be, u32be } from './bytes.mjs';

/**
 * The primaries of sRGB, or gray, with numbers that are amounts of light.
 * @param {'RGB ' | 'GRAY'} [space]
 */
export function linearProfile(space = 'RGB ') {
  const fixed = (...values) => values.flatMap((value) => u32be(Math.round(value * 65_536)));
  const color = (...values) => join('XYZ \0\0\0\0', fixed(...values));
  const curve = join('curv\0\0\0\0', u32be(1), u16be(256), [0, 0]);
  const white = [0.9642, 1, 0.8249];
  const colors = {
    rXYZ: color(0.43604, 0.22244, 0.0139),
    gXYZ: color(0.3851, 0.71693, 0.09708),
    bXYZ: color(0.14307, 0.06062, 0.71393),
    rTRC: curve,
    gTRC: curve,
    bTRC: curve,
  };
  const tags = {
    // libpng takes a profile that packs to less than 132 bytes for damage.
    desc: join('desc\0\0\0\0', u32be(65), createHash('sha256').digest('hex'), Buffer.alloc(80)),
    wtpt: color(...white),
    ...(space === 'GRAY' ? { kTRC: curve } : colors),
  };
  const start = 132 + 12 * Object.keys(tags).length;
  const data = join(...Object.values(tags));
  let at = start;
  const entries = Object.entries(tags).map(([name, { length }]) =>
    join(name, u32be((at += length) - length), u32be(length)),
  );
  const head = Buffer.alloc(128);
  join(u32be(start + data.length), u32be(0), [2, 64, 0, 0], `mntr${space}XYZ `).copy(head);
  join('acsp').copy(head, 36);
  join(fixed(...white)).copy(head, 68);
  return join(head, u32be(entries.length), ...entries, data);
}
