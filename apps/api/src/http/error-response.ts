import { ERROR_GROUPS } from '#core';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const { request, photo, service } = ERROR_GROUPS;
const CODES = [...request, ...photo, ...service].filter((code) => code !== 'client_closed_request');

export class FieldErrorResponse {
  @ApiProperty()
  field: string;

  @ApiProperty()
  message: string;
}

/** Shape of every answer that is not 2xx. */
export class ErrorResponse {
  @ApiProperty({ example: 'No file provided' })
  error: string;

  @ApiPropertyOptional({ description: 'What to do about it' })
  message?: string;

  @ApiProperty({ type: 'integer', example: 400 })
  status: number;

  @ApiProperty({
    example: 'invalid_request',
    description: `What is wrong, as a word for programs: ${CODES.join(', ')}. More may be added.`,
  })
  code: string;

  @ApiPropertyOptional({ type: [FieldErrorResponse], description: 'Each invalid field, by its path' })
  details?: FieldErrorResponse[];

  @ApiProperty({ description: 'Id of the request, as in the X-Request-Id header' })
  request_id: string;
}
