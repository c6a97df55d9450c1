const CELLS = 30;

/** One line of progress on a terminal, drawn over itself; draws nothing elsewhere. */
export class ProgressBar {
  private drawn = '';

  constructor(private readonly isWanted: boolean) {}

  /** @param fraction 0..1 */
  show(label: string, fraction: number): void {
    if (!this.isWanted || !process.stderr.isTTY) return;
    const full = Math.floor(fraction * CELLS);
    const percent = `${Math.floor(fraction * 100)}`.padStart(3);
    const line = `[${'#'.repeat(full)}${'.'.repeat(CELLS - full)}] ${percent} % ${label}`.slice(
      0,
      process.stderr.columns - 1,
    );
    if (line === this.drawn) return;
    process.stderr.write(`\r${line}\u001b[K`);
    this.drawn = line;
  }

  /** Leaves the terminal as it was. */
  clear(): void {
    if (this.drawn !== '') process.stderr.write('\r\u001b[K');
    this.drawn = '';
  }
}
