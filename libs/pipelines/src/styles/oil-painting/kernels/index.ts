export * from './fields';
export * from './light';
export * from './strokes';
export { traceLayer, wantedStrokes } from './trace';
