export { removeFolder } from './remove-folder.js';
export { abandonedFolders, removeAbandonedFolder, ScratchFolder } from './scratch-folder.js';
