import {
  clientRoomReached,
  maxPrintBytes,
  maxWorkingBytes,
  type SizeInPixels,
  storageFull,
  type StorageRoom,
} from '#core';

/** How long a reading of the database is used; what this process accepts meanwhile is added to it. */
const KEEP_MS = 2_000;

/** Room that is reserved for a submission in progress. */
export interface HeldRoom {
  /** Releases it. @param accepted whether the render is recorded: then it counts until the database is read again */
  release(accepted: boolean): void;
}

interface Reading {
  /** Undefined where nothing limits the storage. */
  readonly roomBytes?: number;
}

/**
 * Accepts no submission that the storage cannot hold, all waiting and running renders done. Of what is free a client may
 * hold as much as it leaves for others, so that none can have all of it (dynamic thresholds: Choudhury and Hahne, 1998). Each process of the API
 * counts for itself: what others accept within two seconds of a reading is not seen, and is what the free room is for.
 */
export class StorageAdmission {
  private reading?: Promise<Reading>;
  private goodUntil = 0;
  private inHandBytes = 0;
  private readonly inHandOf = new Map<string, number>();
  private acceptedBytes = 0;

  constructor(private readonly room: StorageRoom) {}

  /**
   * @param uploadBytes of the photo, which is on its way to the storage
   * @throws OverloadError `storage_full`, or `too_many_requests` for a client's share; DependencyError when the database or
   *   the store cannot be asked
   */
  async hold(client: string, uploadBytes: number, print: SizeInPixels): Promise<HeldRoom> {
    const { roomBytes } = await this.read();
    const bytes = uploadBytes + maxPrintBytes(print);
    if (roomBytes !== undefined) {
      const reservedBytes = await this.room.reservedBy(client);
      const leftBytes = roomBytes - this.inHandBytes - this.acceptedBytes - bytes;
      if (leftBytes < maxWorkingBytes(print)) throw storageFull();
      const ownBytes = reservedBytes + (this.inHandOf.get(client) ?? 0);
      if (ownBytes > 0 && ownBytes + bytes > leftBytes) throw clientRoomReached();
    }
    this.changeInHand(client, bytes);
    return {
      release: (accepted) => {
        this.changeInHand(client, -bytes);
        if (accepted) this.acceptedBytes += bytes;
      },
    };
  }

  private changeInHand(client: string, bytes: number): void {
    this.inHandBytes += bytes;
    const ofClient = (this.inHandOf.get(client) ?? 0) + bytes;
    if (ofClient > 0) this.inHandOf.set(client, ofClient);
    else this.inHandOf.delete(client);
  }

  private async read(): Promise<Reading> {
    if (this.reading === undefined || performance.now() >= this.goodUntil) {
      this.goodUntil = Number.POSITIVE_INFINITY;
      this.reading = this.readAnew();
      const end = (): void => void (this.goodUntil = performance.now() + KEEP_MS);
      // A failure rejects the current callers; the next one reads again.
      this.reading.then(end, () => (this.reading = undefined));
    }
    return this.reading;
  }

  private async readAnew(): Promise<Reading> {
    const recordedBytes = this.acceptedBytes;
    const report = await this.room.read();
    // Those recorded during the reading may be in it or not: they go on counting until the next.
    this.acceptedBytes -= recordedBytes;
    return { roomBytes: report?.roomBytes };
  }
}
