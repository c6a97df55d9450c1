/** Injection token of the settings of clients' connections. */
export const HTTP_CONFIG = Symbol('http config');
