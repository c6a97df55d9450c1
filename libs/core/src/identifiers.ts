const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether `text` is a UUID in the text form of RFC 9562, of any version and variant. */
export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && UUID.test(text);
}
