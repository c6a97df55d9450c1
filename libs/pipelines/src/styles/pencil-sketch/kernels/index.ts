export * from './contours';
export * from './graphite';
export * from './hatching';
