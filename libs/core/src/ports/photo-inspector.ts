/** What is known of a photo that was read to its end without an error. Sizes are those of its first page or frame. */
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

/** Whose photo it is that is inspected. */
export interface InspectionRequest {
  /** To be compared only: photos of one client wait for those of others, not the other way round. */
  readonly client: string;
  /** Ends the inspection, waiting or running, when no client waits for its result any more. */
  readonly signal?: AbortSignal;
}

/** Proves that a file is a photo we can print. */
export abstract class PhotoInspector {
  /** Whether photos wait for one another, so that those whose client has gone are worth finding. */
  abstract readonly hasWaiting: boolean;

  /**
   * Before a photo is received. @throws OverloadError `too_many_requests` when none of this client would be inspected now,
   *   because those before took so much time
   */
  abstract assertBudget(client: string): void;

  /**
   * @throws PhotoError when the file is no photo we read, or one that cannot be decoded within the limits; OverloadError
   *   when too many photos wait to be inspected, in all or of this client; the signal's reason on abort.
   */
  abstract inspect(path: string, request: InspectionRequest): Promise<InspectedPhoto>;
}
