// What is a failure and what is not.

/** Codes that a refused photo may have. */
const DOCUMENTED = ['unsupported_format', 'corrupt_photo', 'photo_too_large'];

/** Rows of one color at the lower end, of 800, that make a half picture where the original has fewer. */
const FLAT_ROWS = 40;

/** How far a channel, of 0 to 255, may be from what an independent reader sees. */
const MOST_DIFFERENCE = 3;

/** Samples of coders without checksums: blank bytes in them are pixels like any other. */
const UNCODED = /\.bmp$|^(strips|one-bit)\.tiff$/;
/** A few changed bytes may leave a JPEG that is valid and flat; one whose rest is missing is not. */
const CODED_FREELY = /\.jpg$|^jpeg/;
const FEW_BYTES = ['bit flip', 'smash'];

/** Whether a reader can detect that this file's flat part is not the picture's own. */
function canBeSeen({ family, original = '' }) {
  return !UNCODED.test(original) && !(CODED_FREELY.test(original) && FEW_BYTES.includes(family));
}

/**
 * @param file a HostileFile
 * @param outcomes by step
 * @param intact outcome of reading the intact sample, if the file was made from one
 * @returns {{ failures: string[], altered: boolean }}
 */
export function judge(file, outcomes, { intact, mostMiB }) {
  const failures = [];
  const { inspect, read } = outcomes;
  for (const [step, outcome] of Object.entries(outcomes)) {
    if (outcome.crash) failures.push(`crash in ${step}: ${outcome.crash}`);
    else if (outcome.hang) failures.push(`hang in ${step}`);
    else if (!outcome.accepted && !DOCUMENTED.includes(outcome.code) && !file.expect?.includes(outcome.code)) {
      failures.push(`undocumented code in ${step}: ${outcome.code} ${outcome.text}`);
    } else if (outcome.peakMiB > mostMiB) failures.push(`memory in ${step}: ${Math.round(outcome.peakMiB)} MiB`);
  }
  for (const [step, outcome] of Object.entries(outcomes)) {
    // The other way round is no failure: a crop need not read the damaged edge that inspection has found.
    if (inspect.accepted && outcome.accepted === false) failures.push(`accepted, then ${step}: ${wordFor(outcome)}`);
  }
  const { expect } = file;
  if (expect === 'accept' && !inspect.accepted) failures.push(`refused: ${inspect.code} ${inspect.text}`);
  if (Array.isArray(expect) && !expect.includes(inspect.code)) failures.push(`expected ${expect}: ${wordFor(inspect)}`);
  if (file.names && !file.names.test(inspect.hint ?? '')) failures.push(`named wrong: ${inspect.hint}`);
  if (file.colors && outcomes.colors?.accepted) failures.push(...wrongColors(file, outcomes.colors));
  if (outcomes.match?.difference > MOST_DIFFERENCE) {
    failures.push(`wrong picture: ${outcomes.match.difference} off the reference`);
  }
  if (!read?.accepted || !intact) return { failures, altered: false };
  const altered = read.pixels !== intact.pixels;
  if (file.whole && altered) failures.push('half picture: other pixels than the intact file');
  else if (read.flatRows >= FLAT_ROWS && read.flatRows > intact.flatRows + FLAT_ROWS) {
    // An accepted picture whose lower part is one color is what a decoder makes of data that ran out.
    if (inspect.accepted && canBeSeen(file)) failures.push('half picture: the lower part is of one color');
    return { failures, altered, flat: inspect.accepted };
  }
  return { failures, altered };
}

/** @returns {string[]} a failure when a patch is not the color that the file declares */
function wrongColors({ colors, tolerance = 3 }, { patches }) {
  const isWrong = patches.some((patch, i) => patch.some((value, c) => Math.abs(value - colors[i][c]) > tolerance));
  return isWrong ? [`wrong colors: ${patches.join(' ')} for ${colors.join(' ')}`] : [];
}

function wordFor({ accepted, code, hang, crash }) {
  return accepted ? 'accepted' : (code ?? (hang ? 'hang' : `crash ${crash}`));
}
