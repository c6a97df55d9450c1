// A reader process as seen from outside: crashes and hangs are outcomes like any other.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('reader.mjs', import.meta.url));

/** A busy machine lets a process wait; on its clock it may take this many times its processor time. */
const CLOCK_FACTOR = 9;

/** After a file that took more memory, a fresh process, so that what is left of it is not counted to the next one. */
const LEFTOVER_MIB = 250;

export class WatchedReader {
  child;

  /** @param hangSeconds of processor time that a file may take */
  constructor(hangSeconds) {
    this.hangSeconds = hangSeconds;
  }

  /** @returns what the process answers, or `{ crash }` or `{ hang: true }` */
  async attempt(step, path) {
    this.child ??= await startReader();
    const child = this.child;
    const outcome = await new Promise((resolve) => {
      const watch = setInterval(() => this.isHanging(started, busyBefore) && settle({ hang: true }), 500);
      const onExit = (code, signal) => settle({ crash: signal ?? `exit ${code}` });
      const settle = (answer) => {
        clearInterval(watch);
        child.off('message', settle).off('exit', onExit);
        resolve(answer);
      };
      const [started, busyBefore] = [Date.now(), busySeconds(child.pid)];
      child.once('message', settle).once('exit', onExit);
      child.send({ step, path });
    });
    if (outcome.hang || outcome.crash || outcome.peakMiB > LEFTOVER_MIB) this.stop();
    return outcome;
  }

  isHanging(started, busyBefore) {
    const clock = (Date.now() - started) / 1000;
    const busy = busySeconds(this.child.pid) - busyBefore;
    return clock > this.hangSeconds * CLOCK_FACTOR || (Number.isNaN(busy) ? clock : busy) > this.hangSeconds;
  }

  stop() {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }
}

/** Processor time of a process and its threads, from the kernel's table; NaN where there is none. */
function busySeconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return NaN;
  }
}

function startReader() {
  const child = fork(SCRIPT, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve(child));
    child.once('error', reject).once('exit', (code) => reject(new Error(`The reader ended at its start with ${code}`)));
  });
}
