import type { DependencyHealth, RenderBacklog, RenderQueue, StorageRoom, StorageRoomReport } from '#core';
import { gauge, SERVICE } from './metrics.js';
import { cachedFor, type Sample, collectedGauge } from './collected-gauge.js';

/** Several who scrape share an answer; nobody is told one that is older. */
const KEEP_MS = 4_000;
const LONGEST_CHECK_MS = 3_000;
/** The size of the store is measured once an hour. */
const KEEP_USAGE_MS = 15_000;

/** A fact of the whole deployment: every process tells the same, so the values of several are not added up. */
const SHARED = { labelNames: ['service' as const], aggregator: 'max' as const };
const labels = { service: SERVICE };
const one = (value: number): Sample<'service'>[] => [{ labels, value }];

/** Knows the renders that are not ended yet. */
export interface BacklogSource {
  backlog(): Promise<RenderBacklog>;
}

/** Knows the last measurement of the store; null before the first. */
export interface UsageSource {
  last(): Promise<{ readonly bytes: number; readonly objects: number; readonly measuredAt: Date } | null>;
}

/** What all processes know together: the queue, the renders under way, the store's size, the health of the servers. */
export class DeploymentMetrics {
  constructor(
    queue: RenderQueue,
    statistics: BacklogSource,
    usage: UsageSource,
    room: StorageRoom,
    health: DependencyHealth,
  ) {
    watchQueue(queue);
    watchBacklog(statistics);
    watchUsage(usage);
    watchRoom(room);
    watchHealth(health);
  }
}

/** Tells how many renders may wait; 0 for any number. */
export function announceQueueLimit(renders: number): void {
  const help = 'Renders that may wait in the queue; 0 for any number';
  gauge({ name: 'render_queue_limit', help, ...SHARED }).set(labels, renders);
}

function watchQueue(queue: RenderQueue): void {
  const counts = cachedFor(() => queue.counts(), KEEP_MS);
  collectedGauge({ name: 'render_queue_depth', help: 'Jobs waiting in the render queue', ...SHARED }, async () =>
    one((await counts()).waiting),
  );
}

function watchBacklog(statistics: BacklogSource): void {
  const backlog = cachedFor(() => statistics.backlog(), KEEP_MS);
  collectedGauge(
    {
      name: 'renders_in_state',
      help: 'Renders that are queued or started, by the database',
      labelNames: ['state', 'service'],
      aggregator: 'max',
    },
    async () => {
      const { queued, started } = await backlog();
      return [
        { labels: { state: 'queued', ...labels }, value: queued },
        { labels: { state: 'started', ...labels }, value: started },
      ];
    },
  );
  collectedGauge(
    {
      name: 'render_queue_clients',
      help: 'Clients with renders that are queued or started, counted up to 1000',
      ...SHARED,
    },
    async () => one((await backlog()).clients),
  );
  collectedGauge(
    {
      name: 'renders_stuck',
      help: 'Started renders whose lease ran out more than a minute ago and that no worker has taken back',
      ...SHARED,
    },
    async () => one((await backlog()).stuck),
  );
  collectedGauge(
    {
      name: 'render_oldest_queued_age_seconds',
      help: 'Seconds that the longest waiting of the queued renders has waited; 0 when none is queued',
      ...SHARED,
    },
    async () => one((await backlog()).oldestQueuedSeconds),
  );
}

function watchUsage(usage: UsageSource): void {
  const last = cachedFor(() => usage.last(), KEEP_USAGE_MS);
  const watch = (name: string, help: string, pick: (usage: NonNullable<Awaited<ReturnType<typeof last>>>) => number) =>
    collectedGauge({ name, help, ...SHARED }, async () => {
      const measured = await last();
      return measured ? one(pick(measured)) : [];
    });
  watch('render_storage_bytes_total', 'Bytes of all stored objects when last measured', ({ bytes }) => bytes);
  watch('render_storage_objects', 'Stored objects when last measured', ({ objects }) => objects);
  watch(
    'render_storage_measured_timestamp_seconds',
    'When the stored objects were last measured, in seconds since the epoch',
    ({ measuredAt }) => measuredAt.getTime() / 1000,
  );
}

function watchRoom(room: StorageRoom): void {
  const read = cachedFor(() => room.read(), KEEP_MS);
  const watch = (name: string, help: string, pick: (known: StorageRoomReport) => number | undefined) =>
    collectedGauge({ name, help, ...SHARED, aggregator: 'min' }, async () => {
      const known = await read();
      const value = known === null ? undefined : pick(known);
      return value === undefined ? [] : one(value);
    });
  const { quotaBytes, minFreeBytes } = room.limits;
  watch(
    'storage_room_bytes',
    'Bytes that further renders may store, those accepted already done; at 0 submissions are refused',
    ({ roomBytes }) => roomBytes,
  );
  watch(
    'storage_reserved_bytes',
    'Bytes that the queued and started renders may still store at most',
    ({ reservedBytes }) => reservedBytes,
  );
  watch('storage_free_bytes', 'Bytes free on the disk of the storage folder', ({ freeBytes }) => freeBytes);
  watch('storage_min_free_bytes', 'Bytes of that disk that are left free', ({ freeBytes }) =>
    freeBytes === undefined ? undefined : minFreeBytes,
  );
  watch('storage_quota_bytes', 'Bytes that all stored objects together may take', () => quotaBytes);
}

function watchHealth(health: DependencyHealth): void {
  // It bounds itself: an answer that comes late says more than none.
  const states = cachedFor(() => health.states(), KEEP_MS, LONGEST_CHECK_MS);
  collectedGauge(
    {
      name: 'health_check_status',
      help: 'Whether a server that this process needs is well (1) or not (0)',
      labelNames: ['dependency'],
      aggregator: 'min',
    },
    async () => (await states()).map(({ dependency, healthy }) => ({ labels: { dependency }, value: healthy ? 1 : 0 })),
  );
  collectedGauge(
    {
      name: 'health_check_latency_seconds',
      help: 'Seconds the last check of a server took',
      labelNames: ['dependency'],
      aggregator: 'max',
    },
    async () =>
      (await states()).map(({ dependency, latencySeconds }) => ({ labels: { dependency }, value: latencySeconds })),
  );
}
