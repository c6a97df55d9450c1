import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ScratchFolder } from '#scratch';

/** This process's folder for uploads under way. */
@Injectable()
export class UploadFolder implements OnApplicationShutdown {
  private readonly scratch = ScratchFolder.open('api');
  readonly path = this.scratch.path;

  onApplicationShutdown(): void {
    this.scratch.close();
  }
}
