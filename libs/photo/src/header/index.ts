export { estimateDecodeSeconds } from './decode-cost.js';
export {
  FORMAT_INFO,
  type FormatInfo,
  MAX_PHOTO_SIDE_PX,
  type NativeFormat,
  PHOTO_FORMATS,
  type PhotoFormat,
  sniffFormat,
} from './formats.js';
export { type JpegLayout, jpegLayout, MAX_JPEG_SCANS, type ReadAt } from './jpeg-layout.js';
