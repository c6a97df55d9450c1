// `npm start`: the whole service on one machine, from a fresh clone.
import { ensureBuilt, ensureInstalled } from './prepare.mjs';

ensureInstalled();
ensureBuilt();
await import('../../dist/apps/embedded/src/main.js');
