/**
 * Users that no file and no other program belongs to: systemd sets these numbers apart for passing users. Not `nobody`,
 * who owns the processes of others who had the same idea.
 */
const FIRST = 61_184;
const COUNT = 4_336;

let next = Math.floor(Math.random() * COUNT);

/** A user, and a group of the same number, for one process: those of two processes are kept apart too. */
export function nextUser(): number {
  next = (next + 1) % COUNT;
  return FIRST + next;
}
