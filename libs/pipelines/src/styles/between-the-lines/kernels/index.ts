export * from './directions';
export * from './line-filters';
export * from './paint';
export * from './specks';
export * from './tone';
export * from './wave';
