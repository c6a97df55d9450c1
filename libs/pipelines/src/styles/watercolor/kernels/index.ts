export * from './fields';
export * from './paint';
