import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { TempDirectory } from '#sandbox';

/** This process's folder for uploads in progress. */
@Injectable()
export class UploadFolder implements OnApplicationShutdown {
  private readonly scratch = TempDirectory.open('api');
  readonly path = this.scratch.path;

  onApplicationShutdown(): void {
    this.scratch.close();
  }
}
