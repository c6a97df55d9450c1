import sharp from 'sharp';
import { type Answer, ApiClient, STYLES } from '../support/client.js';
import { CANYON, CAT, FLOWER } from '../support/photos.js';
import type { SeededRandom } from './seeded-random.js';
import { SMALL_SIZE, type ChaosDeployment } from './chaos-deployment.js';

const QUICK_STYLES = ['pop-poster', 'pencil-sketch', 'between-the-lines'] as const;
const REQUEST_MS = 30_000;
const LONGEST_PAUSE_MS = 2_500;

/** What clients saw. */
export interface Experience {
  /** Ids of the renders that were accepted. */
  readonly accepted: string[];
  /** Submissions refused for the moment, or cut off on the way. */
  refused: number;
  /** Answers that no client should ever see. */
  readonly wrong: string[];
}

/** Clients that submit renders, each one after the other, and try again what is refused. */
export class Clients {
  readonly experience: Experience = { accepted: [], refused: 0, wrong: [] };
  private ordered = 0;

  private constructor(
    private readonly environment: ChaosDeployment,
    private readonly random: SeededRandom,
    private readonly photos: readonly Buffer[],
  ) {}

  static async of(environment: ChaosDeployment, random: SeededRandom): Promise<Clients> {
    const photos = [FLOWER(), CAT(), CANYON()].map((photo) => sharp(photo).resize(320).jpeg().toBuffer());
    return new Clients(environment, random, await Promise.all(photos));
  }

  /** Resolves when `total` renders are accepted, or the time is over. */
  async submit(total: number, atOnce: number, deadline: number): Promise<void> {
    // Spread over the time of failures, so that these meet requests too.
    const pauseMs = Math.min(LONGEST_PAUSE_MS, ((deadline - Date.now()) * atOnce * 0.6) / total);
    await Promise.all(Array.from({ length: atOnce }, () => this.goOn(total, pauseMs, deadline)));
  }

  private async goOn(total: number, pauseMs: number, deadline: number): Promise<void> {
    while (this.ordered < total) {
      this.ordered++;
      await new Promise((resolve) => setTimeout(resolve, this.random.between(0, 2 * pauseMs)));
      while (!(await this.submitOne())) {
        if (Date.now() > deadline) return;
        await new Promise((resolve) => setTimeout(resolve, this.random.between(100, 600)));
      }
    }
  }

  private async submitOne(): Promise<boolean> {
    const answer = await this.post().catch(() => undefined);
    if (answer?.status === 201) {
      this.experience.accepted.push(answer.body.render_id as string);
      return true;
    }
    this.experience.refused++;
    const isFair = answer === undefined || (answer.status === 503 && answer.headers.has('retry-after'));
    if (!isFair) this.experience.wrong.push(`${answer.status} ${JSON.stringify(answer.body)}`);
    return false;
  }

  private post(): Promise<Answer> {
    const form = new FormData();
    form.append('file', new Blob([this.random.pick(this.photos)]), 'photo.jpg');
    form.append('style_id', STYLES[this.random.pick(QUICK_STYLES)]);
    form.append('size_preset_id', SMALL_SIZE);
    const client = new ApiClient(this.random.pick(this.environment.apis).url);
    return client.get('/v1/renders', { method: 'POST', body: form, signal: AbortSignal.timeout(REQUEST_MS) });
  }
}
