// What the threads call. AssemblyScript, compiled to WebAssembly with SIMD by `npm run build`. All addresses are byte
// offsets into the memory that the threads share; a kernel that ends in (from, to) does rows from <= y < to and nothing
// else, so any split of the rows produces the same bytes. No allocation, no globals, no transcendental functions.
export * from './blur';
export * from './domain-transform';
export * from './flow';
export * from './ink';
export * from './kmeans';
export * from './labels';
export * from './lzw';
export * from './png';
export * from './preview';
export * from './texels';
export * from './upscale';
