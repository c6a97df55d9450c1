import type { BmpHeader, ChannelMask } from './bmp-header.js';

/** Three bytes a color: red, green, blue. Colors beyond the table are black. */
export type Palette = Uint8Array;

/** @param bytes the palette as stored: blue, green, red, and a byte without meaning if entries have four */
export function readPalette(bytes: Buffer, { palette: { entryBytes, entries } }: BmpHeader): Palette {
  const colors = new Uint8Array(256 * 3);
  for (let i = 0; i < Math.min(entries, Math.floor(bytes.length / entryBytes)); i++) {
    for (let c = 0; c < 3; c++) colors[3 * i + c] = bytes[i * entryBytes + 2 - c];
  }
  return colors;
}

/** Turns one stored row into RGB. @param at where in `row` and `rgb` it begins */
export type RowConverter = (row: Buffer, rowAt: number, rgb: Uint8Array, rgbAt: number) => void;

export function rowConverter(header: BmpHeader, palette: Palette): RowConverter {
  if (header.bitsPerPixel <= 8) return indexedRow(header, palette);
  return header.bitsPerPixel === 24 ? trueColorRow(header) : maskedRow(header);
}

function indexedRow({ widthPx, bitsPerPixel }: BmpHeader, palette: Palette): RowConverter {
  const perByte = 8 / bitsPerPixel;
  const mask = (1 << bitsPerPixel) - 1;
  return (row, rowAt, rgb, rgbAt) => {
    const end = rgbAt + 3 * widthPx;
    for (let from = rowAt, to = rgbAt; to < end; from++) {
      const byte = row[from];
      for (let place = 1; place <= perByte && to < end; place++, to += 3) {
        const color = 3 * ((byte >> (8 - bitsPerPixel * place)) & mask);
        rgb[to] = palette[color];
        rgb[to + 1] = palette[color + 1];
        rgb[to + 2] = palette[color + 2];
      }
    }
  };
}

function trueColorRow({ widthPx }: BmpHeader): RowConverter {
  return (row, rowAt, rgb, rgbAt) => {
    for (let from = rowAt, to = rgbAt; to < rgbAt + 3 * widthPx; from += 3, to += 3) {
      rgb[to] = row[from + 2];
      rgb[to + 1] = row[from + 1];
      rgb[to + 2] = row[from];
    }
  };
}

function maskedRow({ widthPx, bitsPerPixel, masks, hasAlpha }: BmpHeader): RowConverter {
  const bytes = bitsPerPixel / 8;
  const channels = masks.slice(0, 3);
  const alpha = masks[3];
  return (row, rowAt, rgb, rgbAt) => {
    for (let x = 0; x < widthPx; x++) {
      const at = rowAt + x * bytes;
      const pixel = bytes === 2 ? row.readUInt16LE(at) : row.readUInt32LE(at);
      const opacity = hasAlpha && alpha.max > 0 ? sample(pixel, alpha) : 255;
      for (let c = 0; c < 3; c++) {
        const value = sample(pixel, channels[c]);
        // Transparency is laid on white.
        rgb[rgbAt + 3 * x + c] = opacity === 255 ? value : (value * opacity + 255 * (255 - opacity)) / 255;
      }
    }
  };
}

/** A channel's value as 0..255, its highest value being 255. */
function sample(pixel: number, { shift, max }: ChannelMask): number {
  const value = (pixel >>> shift) & max;
  return max === 255 ? value : Math.floor(((value >>> 0) * 255) / max);
}
