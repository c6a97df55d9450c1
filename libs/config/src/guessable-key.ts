/** Fewer different characters than almost every key of random digits has, whatever their base. */
const LEAST_VARIETY = 8;

/** Whether a key is one that a person makes up: few different characters, a repeated part, a row of the alphabet. */
export function isGuessable(key: string): boolean {
  return new Set(key).size < LEAST_VARIETY || isRepeated(key) || isMostlyRow(key);
}

/** Whether the key is a part of at most half its length, repeated to its end. */
function isRepeated(key: string): boolean {
  for (let part = 1; part <= key.length / 2; part++) {
    if (key.slice(part) === key.slice(0, -part)) return true;
  }
  return false;
}

/** Whether most characters are the one before, or the next one up or down, as in `0123456789` and `zyxwvu`. */
function isMostlyRow(key: string): boolean {
  let steps = 0;
  for (let i = 1; i < key.length; i++) if (Math.abs(key.charCodeAt(i) - key.charCodeAt(i - 1)) <= 1) steps++;
  return steps > key.length / 2;
}
