/** How much each client may use: seconds of work, or requests. */
export interface BudgetLimits {
  /** What a client that was idle for long may use at once. */
  readonly capacity: number;
  /** How long it takes until all of that is there again. */
  readonly refillMs: number;
}

interface Account {
  balance: number;
  at: number;
}

/** Accounts are swept when there are more than this: those that are full again need not be kept. */
const SWEEP_SIZE = 1_000;

/** A token bucket for each client: work is paid for after it was measured, so a balance may fall below zero. */
export class ClientBudgets {
  private readonly accounts = new Map<string, Account>();
  private sweepAt = SWEEP_SIZE;

  constructor(
    private readonly limits: BudgetLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What a client may still use; negative when it has used more. */
  balance(client: string): number {
    const account = this.accounts.get(client);
    return account ? this.refilled(account) : this.limits.capacity;
  }

  /** @param amount negative to refund what was charged in advance */
  spend(client: string, amount: number): void {
    this.accounts.set(client, { balance: this.balance(client) - amount, at: this.now() });
    if (this.accounts.size > this.sweepAt) this.sweep();
  }

  /** Seconds until a client has so much again; 0 when it has. */
  secondsUntil(client: string, balance: number): number {
    const perSecond = this.limits.capacity / (this.limits.refillMs / 1000);
    return Math.max(0, (balance - this.balance(client)) / perSecond);
  }

  /** Clients that are remembered. */
  get size(): number {
    return this.accounts.size;
  }

  private refilled({ balance, at }: Account): number {
    const { capacity, refillMs } = this.limits;
    return Math.min(capacity, balance + (capacity * (this.now() - at)) / refillMs);
  }

  private sweep(): void {
    for (const [client, account] of this.accounts) {
      if (this.refilled(account) >= this.limits.capacity) this.accounts.delete(client);
    }
    this.sweepAt = Math.max(SWEEP_SIZE, 2 * this.accounts.size);
  }
}
