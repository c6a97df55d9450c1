/** The service's name in the `service` label. */
export const SERVICE = 'pop-render';
