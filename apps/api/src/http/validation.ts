import { type ArgumentMetadata, Injectable, type PipeTransform, ValidationPipe } from '@nestjs/common';
import { isUuid, RequestError, type FieldError } from '#core';
import type { ValidationError } from 'class-validator';

/** Checks request fields against their DTO: unknown fields are refused, every problem is listed. */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors: ValidationError[]) => {
        const details = errors.flatMap((error) => fieldErrors(error));
        return new RequestError('invalid_request', details[0].message, { details });
      },
    });
  }
}

/** The invalid fields in one property of a body, each by its path, such as `items[2].size`. */
function fieldErrors({ property, constraints, children = [] }: ValidationError, parent = ''): FieldError[] {
  const field = pathOf(property, parent);
  const nested = children.flatMap((child) => fieldErrors(child, field));
  if (!constraints && nested.length > 0) return nested;
  const isUnknown = constraints !== undefined && 'whitelistValidation' in constraints;
  const message = isUnknown ? `Unknown field: ${field}` : Object.values(constraints ?? {})[0];
  return [{ field, message: message ?? `${field} is invalid` }, ...nested];
}

function pathOf(property: string, parent: string): string {
  if (parent === '') return property;
  return /^\d+$/.test(property) ? `${parent}[${property}]` : `${parent}.${property}`;
}

/** A path parameter that must be a UUID. */
export class UuidPipe implements PipeTransform<string, string> {
  constructor(private readonly name: string) {}

  transform(value: string, _metadata: ArgumentMetadata): string {
    if (isUuid(value)) return value.toLowerCase();
    const message = `Invalid UUID format for ${this.name}`;
    throw new RequestError('invalid_request', message, { details: [{ field: this.name, message }] });
  }
}
