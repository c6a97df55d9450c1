import { serveTasks } from '#sandbox';
import { inspectPhoto } from '#photo';

/** Entry of the process that inspects photos. */
serveTasks((path: string) => inspectPhoto(path));
