import { serveOrders } from '#isolation';
import { inspectPhoto } from '#photo';

/** Entry of the process that inspects photos. */
serveOrders((path: string) => inspectPhoto(path));
