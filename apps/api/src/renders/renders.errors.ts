import { type RenderStatus, RequestError } from '#core';

export function renderNotFound(): RequestError {
  return new RequestError('not_found', 'Render not found');
}

export function renderArchived(): RequestError {
  return new RequestError('archived', 'Render is archived', {
    hint: 'Its files were kept for their time and have been removed; render the photo again to get new ones',
  });
}

export function renderNotCompleted(status: RenderStatus): RequestError {
  return new RequestError('conflict', `Render not completed (current status: ${status})`);
}

export function filesNotFound(): RequestError {
  return new RequestError('not_found', 'Output files not available');
}
