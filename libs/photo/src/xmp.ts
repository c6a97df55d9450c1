const TIFF_NAMESPACE = 'http://ns.adobe.com/tiff/1.0/';

/**
 * The orientation (1 to 8) that an XMP packet declares as `tiff:Orientation`, an attribute or an element.
 * @returns undefined when it declares none
 */
export function xmpOrientation(packet: Buffer): number | undefined {
  const text = decoded(packet);
  for (const prefix of prefixesOf(text)) {
    const value = new RegExp(`[\\s<]${prefix}:Orientation\\s*(?:=\\s*["']|>)\\s*([1-8])\\s*["'<]`).exec(text);
    if (value !== null) return Number(value[1]);
  }
  return undefined;
}

/** The names under which the packet has the TIFF properties; usually one, `tiff`. */
function prefixesOf(text: string): string[] {
  const declared = text.matchAll(/xmlns:([A-Za-z_][\w.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g);
  const names = [...declared].filter(([, , a, b]) => (a ?? b) === TIFF_NAMESPACE).map(([, prefix]) => prefix);
  return [...new Set(names)].map((name) => name.replaceAll('.', '\\.'));
}

/** XMP may be in UTF-16, which its first bytes reveal. */
function decoded(packet: Buffer): string {
  const mark = packet.toString('hex', 0, 2);
  if (mark === 'fffe' || (packet[0] === 0x3c && packet[1] === 0)) return packet.toString('utf16le');
  if (mark === 'feff' || (packet[0] === 0 && packet[1] === 0x3c)) {
    return Buffer.from(packet.subarray(0, packet.length & ~1))
      .swap16()
      .toString('utf16le');
  }
  return packet.toString('utf8');
}
