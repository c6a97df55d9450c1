import { RequestError } from '#core';

/** `;` between parameters, not within quotes. */
const PARAMETERS = /(?:"(?:[^"\\]|\\.)*(?:"|$)|[^;"])+/g;
const QUOTED = /^"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Charset, language and octets (RFC 8187, section 3.2.1). */
const EXTENDED = /^([!#$%&+^_`{}~0-9A-Za-z-]+)'[^']*'((?:%[0-9A-Fa-f]{2}|[!#$&+.^_`|~0-9A-Za-z-])+)$/;

/**
 * The `Content-Disposition` of a file's part with the one filename that can be read. `filename*` goes before `filename`
 * when both can; what is neither name is left out, for our form parser skips a part that it cannot read to the last letter.
 * @param value of the header, its bytes as Latin-1
 * @throws RequestError naming the field when there is a filename and none that can be read
 */
export function readableDisposition(value: string): string {
  const [type = '', ...rest] = value.match(PARAMETERS) ?? [];
  if (type.trim().toLowerCase() !== 'form-data') return value;
  const parameters = readParameters(rest);
  const [plain, extended] = [parameters.get('filename'), parameters.get('filename*')];
  if (plain === undefined && extended === undefined) return value;

  const name = parameters.get('name');
  const chosen = chooseFilename(plain, extended);
  if (chosen === undefined) throw unreadable(name, extended === undefined ? 'filename' : 'filename*');
  return ['form-data', ...(name === undefined ? [] : [`name=${name}`]), chosen].join('; ');
}

/** The first of each name. */
function readParameters(texts: readonly string[]): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(0, equals)).trim().toLowerCase();
    if (!parameters.has(name)) parameters.set(name, text.slice(equals + 1).trim());
  }
  return parameters;
}

function chooseFilename(plain: string | undefined, extended: string | undefined): string | undefined {
  if (extended !== undefined && isReadableExtended(extended)) return `filename*=${extended}`;
  const isReadable = plain !== undefined && (QUOTED.test(plain) || TOKEN.test(plain));
  // A browser sends an empty one when no file was chosen; beside one that cannot be read it is no name.
  if (!isReadable || (plain === '""' && extended !== undefined)) return undefined;
  return `filename=${plain}`;
}

/** In UTF-8 or ISO 8859-1, the charsets that RFC 5987 asked for: what others mean is a guess. */
function isReadableExtended(value: string): boolean {
  const [match, charset, octets] = EXTENDED.exec(value) ?? [];
  if (match === undefined) return false;
  if (charset.toLowerCase() === 'iso-8859-1') return true;
  if (!/^utf-?8$/i.test(charset)) return false;
  try {
    decodeURIComponent(octets);
    return true;
  } catch {
    return false;
  }
}

function unreadable(name: string | undefined, parameter: string): RequestError {
  const field = name === undefined ? 'file' : Buffer.from(name.replace(/^"|"$/g, ''), 'latin1').toString();
  const message = `The ${parameter} of field ${field} cannot be read`;
  return new RequestError('invalid_request', message, {
    hint: 'Send filename="..." with the name in UTF-8 between the quotes, as browsers do',
    details: [{ field, message }],
  });
}
