export { configureDecoder } from './decoder.js';
export { MAX_PHOTO_SIDE_PX, PHOTO_FORMATS, type PhotoFormat } from './header/index.js';
export { inspectPhoto, type PhotoMetadata, type PhotoHead, readPhotoHead } from './inspect-photo.js';
export { isFullyTransparent } from './transparency.js';
export { type RgbImage } from './attention.js';
export { openPhoto, readPhoto, type PhotoCrop } from './read-photo.js';
