import type { Provider } from '@nestjs/common';
import type { DependencyHealth, RenderBacklog, RenderQueue, StorageRoom, StorageRoomReport } from '#core';
import { cachedFor, collectedGauge, type Sample } from './collected-gauge.js';
import { SERVICE } from './service-name.js';

/** Concurrent scrapes share an answer; none gets an older one. */
const CACHE_MS = 4_000;
const HEALTH_TIMEOUT_MS = 3_000;
/** The size of the store is measured once an hour. */
const CACHE_USAGE_MS = 15_000;

/** A value of the whole deployment: every process reports the same, so those of several are not added up. */
const SHARED = { labelNames: ['service' as const], aggregator: 'max' as const };
const labels = { service: SERVICE };
const one = (value: number): Sample<'service'>[] => [{ labels, value }];

const queueDepth = collectedGauge({
  name: 'render_queue_depth',
  help: 'Jobs waiting in the render queue',
  ...SHARED,
});

const rendersInState = collectedGauge({
  name: 'renders_in_state',
  help: 'Renders that are queued or started, by the database',
  labelNames: ['state', 'service'],
  aggregator: 'max',
});
const queueClients = collectedGauge({
  name: 'render_queue_clients',
  help: 'Clients with renders that are queued or started, counted up to 1000',
  ...SHARED,
});
const rendersStuck = collectedGauge({
  name: 'renders_stuck',
  help: 'Started renders whose lease ran out more than a minute ago and that no worker has reclaimed',
  ...SHARED,
});
const oldestQueuedAge = collectedGauge({
  name: 'render_oldest_queued_age_seconds',
  help: 'Seconds that the longest waiting of the queued renders has waited; 0 when none is queued',
  ...SHARED,
});

const storageBytes = collectedGauge({
  name: 'render_storage_bytes_total',
  help: 'Bytes of all stored objects when last measured',
  ...SHARED,
});
const storageObjects = collectedGauge({
  name: 'render_storage_objects',
  help: 'Stored objects when last measured',
  ...SHARED,
});
const storageMeasuredAt = collectedGauge({
  name: 'render_storage_measured_timestamp_seconds',
  help: 'When the stored objects were last measured, in seconds since the epoch',
  ...SHARED,
});

const SHARED_MINIMUM = { ...SHARED, aggregator: 'min' as const };
const roomBytes = collectedGauge({
  name: 'storage_room_bytes',
  help: 'Bytes that further renders may store, those accepted already done; at 0 submissions are refused',
  ...SHARED_MINIMUM,
});
const reservedBytes = collectedGauge({
  name: 'storage_reserved_bytes',
  help: 'Bytes that the queued and started renders may still store at most',
  ...SHARED_MINIMUM,
});
const freeBytes = collectedGauge({
  name: 'storage_free_bytes',
  help: 'Bytes free on the disk of the storage folder',
  ...SHARED_MINIMUM,
});
const minFreeBytes = collectedGauge({
  name: 'storage_min_free_bytes',
  help: 'Bytes of that disk that are left free',
  ...SHARED_MINIMUM,
});
const quotaBytes = collectedGauge({
  name: 'storage_quota_bytes',
  help: 'Bytes that all stored objects together may take',
  ...SHARED_MINIMUM,
});

const healthStatus = collectedGauge({
  name: 'health_check_status',
  help: 'Whether a server that this process needs is healthy (1) or not (0)',
  labelNames: ['dependency'],
  aggregator: 'min',
});
const healthLatency = collectedGauge({
  name: 'health_check_latency_seconds',
  help: 'Seconds the last check of a server took',
  labelNames: ['dependency'],
  aggregator: 'max',
});

/** Counts the renders that have not ended. */
export interface BacklogSource {
  backlog(): Promise<RenderBacklog>;
}

/** Returns the last measurement of the store; null before the first. */
export interface UsageSource {
  last(): Promise<{ readonly bytes: number; readonly objects: number; readonly measuredAt: Date } | null>;
}

/** Reads what all processes know alike: the queue, the renders in progress, the store's size, the servers' health. */
export class DeploymentMetrics {
  constructor(
    queue: RenderQueue,
    statistics: BacklogSource,
    usage: UsageSource,
    room: StorageRoom,
    health: DependencyHealth,
  ) {
    const counts = cachedFor(() => queue.counts(), CACHE_MS);
    queueDepth.readFrom(async () => one((await counts()).waiting));
    readBacklog(statistics);
    readUsage(usage);
    readRoom(room);
    readHealth(health);
  }
}

export const DEPLOYMENT_METRICS: Provider[] = [
  ...[queueDepth, rendersInState, queueClients, rendersStuck, oldestQueuedAge].map(({ provider }) => provider),
  ...[storageBytes, storageObjects, storageMeasuredAt].map(({ provider }) => provider),
  ...[roomBytes, reservedBytes, freeBytes, minFreeBytes, quotaBytes].map(({ provider }) => provider),
  ...[healthStatus, healthLatency].map(({ provider }) => provider),
];

function readBacklog(statistics: BacklogSource): void {
  const backlog = cachedFor(() => statistics.backlog(), CACHE_MS);
  rendersInState.readFrom(async () => {
    const { queued, started } = await backlog();
    return [
      { labels: { state: 'queued', ...labels }, value: queued },
      { labels: { state: 'started', ...labels }, value: started },
    ];
  });
  queueClients.readFrom(async () => one((await backlog()).clients));
  rendersStuck.readFrom(async () => one((await backlog()).stuck));
  oldestQueuedAge.readFrom(async () => one((await backlog()).oldestQueuedSeconds));
}

function readUsage(usage: UsageSource): void {
  const last = cachedFor(() => usage.last(), CACHE_USAGE_MS);
  const pick = (select: (measured: NonNullable<Awaited<ReturnType<typeof last>>>) => number) => async () => {
    const measured = await last();
    return measured ? one(select(measured)) : [];
  };
  storageBytes.readFrom(pick(({ bytes }) => bytes));
  storageObjects.readFrom(pick(({ objects }) => objects));
  storageMeasuredAt.readFrom(pick(({ measuredAt }) => measuredAt.getTime() / 1000));
}

function readRoom(room: StorageRoom): void {
  const report = cachedFor(() => room.read(), CACHE_MS);
  const pick = (select: (known: StorageRoomReport) => number | undefined) => async () => {
    const known = await report();
    const value = known === null ? undefined : select(known);
    return value === undefined ? [] : one(value);
  };
  const { limits } = room;
  roomBytes.readFrom(pick((known) => known.roomBytes));
  reservedBytes.readFrom(pick((known) => known.reservedBytes));
  freeBytes.readFrom(pick((known) => known.freeBytes));
  minFreeBytes.readFrom(pick((known) => (known.freeBytes === undefined ? undefined : limits.minFreeBytes)));
  quotaBytes.readFrom(pick(() => limits.quotaBytes));
}

function readHealth(health: DependencyHealth): void {
  // The checks have a timeout of their own, after which they report an unhealthy server: better than no value.
  const states = cachedFor(() => health.states(), CACHE_MS, HEALTH_TIMEOUT_MS);
  healthStatus.readFrom(async () =>
    (await states()).map(({ dependency, healthy }) => ({ labels: { dependency }, value: healthy ? 1 : 0 })),
  );
  healthLatency.readFrom(async () =>
    (await states()).map(({ dependency, latencySeconds }) => ({ labels: { dependency }, value: latencySeconds })),
  );
}
