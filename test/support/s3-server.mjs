// An S3 protocol server on the given port, keeping its objects in the given folder: node s3-server.mjs PORT FOLDER
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import S3rver from 's3rver';
import FilesystemStore from 's3rver/lib/stores/filesystem.js';

/** Of the files of an object the last makes it one. */
const FILES = ['metadata.json', 'object.md5', 'object'];
const DRAFT = 'draft';

/**
 * Keeps whole objects or nothing when the server is killed, as real ones do. The store of s3rver writes in place: it
 * lists half an object, and an empty file of metadata makes every listing of the bucket fail for good.
 */
class WholeObjectStore extends FilesystemStore {
  constructor(directory) {
    super(directory);
    this.drafts = new FilesystemStore(`${directory}.drafts`);
  }

  async putObject({ bucket, key, content, metadata }) {
    const hash = createHash('md5');
    let size = 0;
    const measure = async function* (chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    };
    return this.publish(bucket, key, async (draft) => {
      const chunks = Buffer.isBuffer(content) ? [content] : content;
      await pipeline(chunks, measure, createWriteStream(this.drafts.getResourcePath(draft, DRAFT, 'object')));
      const md5 = hash.digest('hex');
      await this.drafts.putMetadata(draft, DRAFT, metadata, md5);
      return { size, md5 };
    });
  }

  async copyObject(fromBucket, fromKey, bucket, key, replacement) {
    await this.publish(bucket, key, async (draft) => {
      for (const file of FILES) {
        const from = this.getResourcePath(fromBucket, fromKey, file);
        await copyFile(from, this.drafts.getResourcePath(draft, DRAFT, file));
      }
      if (replacement) await this.drafts.putMetadata(draft, DRAFT, replacement);
    });
    return this.getMetadata(bucket, key);
  }

  /** Has the files written in a folder of their own, then moves them to their place. */
  async publish(bucket, key, write) {
    const draft = randomUUID();
    const folder = this.drafts.getBucketPath(draft);
    await mkdir(folder, { recursive: true });
    try {
      const result = await write(draft);
      await mkdir(path.dirname(this.getResourcePath(bucket, key, 'object')), { recursive: true });
      for (const file of FILES) {
        await rename(this.drafts.getResourcePath(draft, DRAFT, file), this.getResourcePath(bucket, key, file));
      }
      return result;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

const [port, directory] = process.argv.slice(2);
const server = new S3rver({ port: Number(port), address: '127.0.0.1', directory, silent: true });
server.store = server.context.store = new WholeObjectStore(directory);
await server.run();
console.log(`listening on ${port}`);
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
