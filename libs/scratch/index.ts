export { removeFolder } from './remove-folder.js';
export { staleDirectories, removeStaleDirectory, TempDirectory } from './scratch-folder.js';
