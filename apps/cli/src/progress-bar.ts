import { terminalLine } from '#core';

const CELLS = 30;
/** Of a terminal that does not report its size, such as one inside a container. */
const COLUMNS = 80;

/** One line of progress on a terminal, drawn over itself; draws nothing elsewhere. */
export class ProgressBar {
  private drawn = '';

  constructor(private readonly isWanted: boolean) {}

  /** @param fraction 0..1 */
  show(label: string, fraction: number): void {
    const full = Math.floor(fraction * CELLS);
    const percent = `${Math.floor(fraction * 100)}`.padStart(3);
    this.draw(`[${'#'.repeat(full)}${'.'.repeat(CELLS - full)}] ${percent} % ${label}`);
  }

  /** Of work whose end is not in sight, such as `1200 objects seen`. */
  setLabel(label: string): void {
    this.draw(label);
  }

  /** Leaves the terminal as it was. */
  clear(): void {
    if (this.drawn !== '') process.stderr.write('\r\u001b[K');
    this.drawn = '';
  }

  private draw(text: string): void {
    if (!this.isWanted || !process.stderr.isTTY) return;
    const line = terminalLine(text).slice(0, (process.stderr.columns || COLUMNS) - 1);
    if (line === this.drawn) return;
    process.stderr.write(`\r${line}\u001b[K`);
    this.drawn = line;
  }
}
