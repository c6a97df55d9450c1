export { abandonedFolders, ScratchFolder } from './scratch-folder.js';
