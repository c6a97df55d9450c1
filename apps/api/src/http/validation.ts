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
        const details = errors.map(describe);
        return new RequestError('invalid_request', details[0].message, { details });
      },
    });
  }
}

function describe({ property, constraints = {} }: ValidationError): FieldError {
  const message = 'whitelistValidation' in constraints ? `Unknown field: ${property}` : Object.values(constraints)[0];
  return { field: property, message: message ?? `${property} is invalid` };
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
