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

const SIGNATURE = /^[0-9a-f]{64}$/;

/** Makes and checks links to stored objects that any holder may use until they expire (HMAC-SHA256). */
export class SignedLinks {
  constructor(
    private readonly secret: string,
    /** Address of the route that serves objects; the key is appended. */
    private readonly baseUrl: string,
    private readonly now: () => number = Date.now,
    /** Links that were signed with it are good too; no new ones are. */
    private readonly previousSecret?: string,
  ) {}

  sign(key: string, { expiresInSeconds, downloadName, contentType }: SignedLinkOptions): string {
    const expires = String(Math.floor(this.now() / 1000) + expiresInSeconds);
    const query = new URLSearchParams({
      expires,
      name: downloadName,
      type: contentType,
      signature: signatureOf(this.secret, textOf(key, expires, downloadName, contentType)).toString('hex'),
    });
    return `${this.baseUrl}/${key.split('/').map(encodeURIComponent).join('/')}?${query.toString()}`;
  }

  /** @throws RequestError `forbidden` when the link was altered or its time is over. */
  verify(key: string, { expires, name, type, signature }: SignedLinkQuery): SignedGrant {
    const secrets = [this.secret, ...(this.previousSecret === undefined ? [] : [this.previousSecret])];
    // As it was issued: the decoder of hex would leave out what comes after the first digit that is none.
    const given = SIGNATURE.test(signature) ? Buffer.from(signature, 'hex') : undefined;
    const text = textOf(key, expires, name, type);
    if (!given || !secrets.some((secret) => timingSafeEqual(given, signatureOf(secret, text)))) {
      throw new RequestError('forbidden', 'Invalid link signature');
    }
    if (Number(expires) * 1000 <= this.now()) {
      throw new RequestError('forbidden', 'Link has expired', {
        hint: 'Ask for a new link of the same render.',
      });
    }
    return { key, downloadName: name, contentType: type };
  }
}

/** JSON keeps the parts apart: no two different links share a text. */
function textOf(...parts: [key: string, expires: string, name: string, type: string]): string {
  return JSON.stringify(parts);
}

function signatureOf(secret: string, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}
