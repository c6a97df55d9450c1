/** First segment of the path of every feature's routes. */
export const API_VERSION = 'v1';
