export { configureDecoder } from './decoder.js';
export { MAX_PHOTO_SIDE_PX, PHOTO_FORMATS, type PhotoFormat } from './formats.js';
export { inspectPhoto, type PhotoFacts, type PhotoHead, readPhotoHead } from './inspect-photo.js';
export { isFullyTransparent } from './transparency.js';
export { openPhoto, readPhoto, type PhotoCrop, type RgbImage } from './read-photo.js';
