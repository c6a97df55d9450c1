import { Reflector } from '@nestjs/core';

/** The format of the body that a route receives: JSON unless the route declares another; a form is read by its own interceptor. */
export const BodyFormat = Reflector.createDecorator<'json' | 'form'>();
