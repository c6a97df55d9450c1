import { createHmac, timingSafeEqual } from 'node:crypto';
import { RequestError, type SignedLinkOptions } from '#core';

/** The query of a signed link, as it comes back from a client. */
export interface SignedLinkQuery {
  readonly expires: string;
  readonly name: string;
  readonly type: string;
  readonly signature: string;
}

/** What a valid link grants: one object, offered under a name and type. */
export interface SignedGrant {
  readonly key: string;
  readonly downloadName: string;
  readonly contentType: string;
}

/** Makes and checks links to stored objects that anybody may use until they expire (HMAC-SHA256). */
export class SignedLinks {
  constructor(
    private readonly secret: string,
    /** Address of the route that serves objects; the key is appended. */
    private readonly baseUrl: string,
    private readonly now: () => number = Date.now,
  ) {}

  sign(key: string, { expiresInSeconds, downloadName, contentType }: SignedLinkOptions): string {
    const expires = String(Math.floor(this.now() / 1000) + expiresInSeconds);
    const query = new URLSearchParams({
      expires,
      name: downloadName,
      type: contentType,
      signature: this.signature(key, expires, downloadName, contentType).toString('hex'),
    });
    return `${this.baseUrl}/${key.split('/').map(encodeURIComponent).join('/')}?${query.toString()}`;
  }

  /** @throws RequestError `forbidden` when the link was altered or its time is over. */
  verify(key: string, { expires, name, type, signature }: SignedLinkQuery): SignedGrant {
    const expected = this.signature(key, expires, name, type);
    const given = Buffer.from(signature, 'hex');
    const genuine = given.length === expected.length && timingSafeEqual(given, expected);
    if (!genuine) throw new RequestError('forbidden', 'Invalid link signature');
    if (Number(expires) * 1000 <= this.now()) {
      throw new RequestError('forbidden', 'Link has expired', {
        explanation: 'Ask for a new link of the same render.',
      });
    }
    return { key, downloadName: name, contentType: type };
  }

  private signature(key: string, expires: string, name: string, type: string): Buffer {
    // JSON keeps the parts apart: no two different links share a text.
    return createHmac('sha256', this.secret)
      .update(JSON.stringify([key, expires, name, type]))
      .digest();
  }
}
