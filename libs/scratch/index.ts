export { removeFolder } from './remove-folder.js';
export { staleDirectories, removeStaleDirectory, TempDirectory } from './temp-directory.js';
