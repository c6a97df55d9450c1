// An S3 protocol server on the given port, keeping its objects in the given folder: node s3-server.mjs PORT FOLDER
import S3rver from 's3rver';

const [port, directory] = process.argv.slice(2);
const server = new S3rver({ port: Number(port), address: '127.0.0.1', directory, silent: true });
await server.run();
console.log(`listening on ${port}`);
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
