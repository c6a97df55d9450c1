import { fork } from 'node:child_process';
import path from 'node:path';

/** What a reader process reports about one file. */
export interface ReaderOutcome {
  readonly accepted: boolean;
  readonly code?: string;
  readonly peakMiB: number;
}

/** Puts one file through the built photo reader in a process of its own, so that its memory can be measured. */
export async function readApart(step: 'inspect' | 'read', file: string): Promise<ReaderOutcome> {
  const child = fork(path.join(__dirname, 'reader.mjs'), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    return await new Promise<ReaderOutcome>((resolve, reject) => {
      child.on('message', (message) => {
        if (message === 'ready') child.send({ step, path: file });
        else resolve(message as ReaderOutcome);
      });
      child.once('exit', (code, signal) => reject(new Error(`The reader ended with ${code ?? signal}`)));
    });
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
  }
}
