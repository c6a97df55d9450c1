import { Injectable } from '@nestjs/common';
import { type RendersUnderWay, RenderStatistics } from '#core';
import { DataSource } from 'typeorm';
import { OLDEST_QUEUED_SECONDS } from './backlog-age.js';
import { guarded } from './database-errors.js';

@Injectable()
export class TypeOrmRenderStatistics extends RenderStatistics {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  /** Reads the few rows that are not ended, by their index; ages are by the clock of the database. */
  async backlog(): Promise<RendersUnderWay> {
    const [{ queued, started, stuck, oldest }] = await guarded(() =>
      this.dataSource.query<{ queued: string; started: string; stuck: string; oldest: number }[]>(
        `SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
                count(*) FILTER (WHERE status = 'started') AS started,
                count(*) FILTER (WHERE status = 'started' AND lease_until < now() - interval '1 minute') AS stuck,
                (SELECT ${OLDEST_QUEUED_SECONDS} FROM renders WHERE status = 'queued') AS oldest
           FROM renders
          WHERE status IN ('queued', 'started')`,
      ),
    );
    return { queued: Number(queued), started: Number(started), stuck: Number(stuck), oldestQueuedSeconds: oldest };
  }
}
