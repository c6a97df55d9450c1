export * from './errors.js';
export * from './identifiers.js';
export * from './ports/object-store.js';
export * from './ports/render-queue.js';
export * from './ports/render-store.js';
export * from './print-size.js';
export * from './render.js';
export * from './storage-keys.js';
