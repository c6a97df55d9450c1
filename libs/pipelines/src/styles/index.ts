// The styles of the engine, one line each. The build lists their painters in painters.ts, for the painting threads.
export { popPoster } from './pop-poster/style.js';
export { pencilSketch } from './pencil-sketch/style.js';
export { betweenTheLines } from './between-the-lines/style.js';
export { watercolor } from './watercolor/style.js';
export { oilPainting } from './oil-painting/style.js';
