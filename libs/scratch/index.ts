export { ScratchFolder } from './scratch-folder.js';
