/** Injection token of the process's settings, an {@link AppConfig}. */
export const APP_CONFIG = Symbol('application config');
/** Injection token of the settings of clients' connections, an {@link HttpConfig}. */
export const HTTP_CONFIG = Symbol('http config');
