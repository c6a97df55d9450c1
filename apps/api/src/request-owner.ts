import { SYSTEM_OWNER_ID } from '#persistence';

/** The owner whose assets and renders the current request may create and read: one for all until requests carry an account. */
export function requestOwnerId(): string {
  return SYSTEM_OWNER_ID;
}
