/** A width and a height in pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A photo scaled to fill a frame, and where the frame lies on it. */
export interface CropPlacement {
  /** Of the whole scaled photo, at least that of the frame on both sides. */
  readonly scaled: PixelSize;
  /** Pixels of the scaled photo per pixel of the photo. */
  readonly scale: number;
  /** Place of the frame's upper left corner on the scaled photo. */
  readonly left: number;
  readonly top: number;
}

/** @param focus what stays in the middle of the frame as far as the photo reaches, as shares of the photo's sides */
export function placeCrop(photo: PixelSize, frame: PixelSize, focus: Point): CropPlacement {
  const scale = coverScale(photo, frame);
  const scaled = {
    width: Math.max(frame.width, Math.round(photo.width * scale)),
    height: Math.max(frame.height, Math.round(photo.height * scale)),
  };
  const left = clamp(Math.round(focus.x * scaled.width - frame.width / 2), scaled.width - frame.width);
  const top = clamp(Math.round(focus.y * scaled.height - frame.height / 2), scaled.height - frame.height);
  return { scaled, scale, left, top };
}

/** Least scale at which a photo fills a frame. */
function coverScale(photo: PixelSize, frame: PixelSize): number {
  return Math.max(frame.width / photo.width, frame.height / photo.height);
}

/** Size of the part of a photo, at its own scale, that a frame shows. */
export function visibleSize(photo: PixelSize, frame: PixelSize): PixelSize {
  const scale = coverScale(photo, frame);
  return {
    width: Math.min(photo.width, Math.max(1, Math.round(frame.width / scale))),
    height: Math.min(photo.height, Math.max(1, Math.round(frame.height / scale))),
  };
}

export function pixelsOf({ width, height }: PixelSize): number {
  return width * height;
}

function clamp(value: number, high: number): number {
  return Math.min(high, Math.max(0, value));
}
