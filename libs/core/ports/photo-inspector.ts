/** What is known of a photo that was read to its end without a fault. Sizes are those of its first page or frame. */
export interface InspectedPhoto {
  readonly format: string;
  readonly mimeType: string;
  /** Size as stored. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Size as seen, once the orientation mark is obeyed. */
  readonly orientedWidthPx: number;
  readonly orientedHeightPx: number;
  /** It has transparency and no pixel of it shows. */
  readonly isFullyTransparent: boolean;
  /** Bytes from the start of the file that are the picture; what follows them is no part of it and is not to be kept. */
  readonly pictureBytes: number;
}

/** Proves that a file is a photo we can print. */
export abstract class PhotoInspector {
  /**
   * @throws PhotoError when the file is no photo we read, or one that cannot be decoded within the limits; OverloadError
   *   when too many photos wait to be inspected.
   */
  abstract inspect(path: string): Promise<InspectedPhoto>;
}
