import sharp from 'sharp';

/** Longest side of a preview, in pixels. */
const PREVIEW_LONG_SIDE_PX = 1200;
const PREVIEW_QUALITY = 85;

/** Averages the painted rows down to a preview as they pass by, so the preview shows the very pixels of the print. */
export class Preview {
  readonly widthPx: number;
  readonly heightPx: number;
  private readonly pixels: Uint8Array;
  // Sums of bytes times covered areas, in units of 1/(print width * print height): whole numbers below 2^53, so exact.
  private readonly sums: Float64Array;
  private readonly rowSums: Float64Array;
  private row = 0;

  constructor(
    private readonly printWidth: number,
    private readonly printHeight: number,
  ) {
    const scale = Math.min(1, PREVIEW_LONG_SIDE_PX / Math.max(printWidth, printHeight));
    this.widthPx = Math.max(1, Math.round(printWidth * scale));
    this.heightPx = Math.max(1, Math.round(printHeight * scale));
    this.pixels = new Uint8Array(this.widthPx * this.heightPx * 3);
    this.sums = new Float64Array(this.widthPx * 3);
    this.rowSums = new Float64Array(this.widthPx * 3);
  }

  /** Takes rows from the top down. @param rgb at least rows * print width * 3 bytes */
  append(rgb: Uint8Array, rows: number): void {
    for (let i = 0; i < rows; i++) this.takeRow(rgb, i * this.printWidth * 3);
  }

  /** JPEG of what was taken, sRGB profile embedded. @returns its size in bytes */
  async write(path: string): Promise<number> {
    const raw = { width: this.widthPx, height: this.heightPx, channels: 3 } as const;
    const image = sharp(this.pixels, { raw }).withIccProfile('srgb');
    const { size } = await image.jpeg({ quality: PREVIEW_QUALITY, chromaSubsampling: '4:4:4' }).toFile(path);
    return size;
  }

  private takeRow(rgb: Uint8Array, from: number): void {
    this.sumAcross(rgb, from);
    // Row y covers [y * heightPx, (y + 1) * heightPx) where each preview row is printHeight high.
    let top = this.row * this.heightPx;
    const bottom = top + this.heightPx;
    while (top < bottom) {
      const line = Math.floor(top / this.printHeight);
      const end = Math.min(bottom, (line + 1) * this.printHeight);
      for (let i = 0; i < this.sums.length; i++) this.sums[i] += this.rowSums[i] * (end - top);
      if (end === (line + 1) * this.printHeight) this.closeLine(line);
      top = end;
    }
    this.row++;
  }

  /** Sums of one print row per preview column, each pixel weighted with the width it covers there. */
  private sumAcross(rgb: Uint8Array, from: number): void {
    const { rowSums, printWidth, widthPx } = this;
    rowSums.fill(0);
    let left = 0;
    let column = 0;
    for (let x = 0, i = from; x < printWidth; x++, i += 3) {
      const right = left + widthPx;
      const edge = (column + 1) * printWidth;
      const to = 3 * column;
      if (right <= edge) {
        rowSums[to] += rgb[i] * widthPx;
        rowSums[to + 1] += rgb[i + 1] * widthPx;
        rowSums[to + 2] += rgb[i + 2] * widthPx;
        if (right === edge) column++;
      } else {
        for (let c = 0; c < 3; c++) {
          rowSums[to + c] += rgb[i + c] * (edge - left);
          rowSums[to + 3 + c] += rgb[i + c] * (right - edge);
        }
        column++;
      }
      left = right;
    }
  }

  private closeLine(line: number): void {
    const area = this.printWidth * this.printHeight;
    const at = line * this.widthPx * 3;
    for (let i = 0; i < this.sums.length; i++) this.pixels[at + i] = Math.floor(this.sums[i] / area + 0.5);
    this.sums.fill(0);
  }
}
