// Some unit tests start what the build has written.
export { ensureBuilt as default } from '../apps/embedded/prepare.mjs';
