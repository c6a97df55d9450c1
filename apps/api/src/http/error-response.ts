import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

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

  @ApiPropertyOptional({ type: [FieldErrorResponse], description: 'Each faulty field' })
  details?: FieldErrorResponse[];

  @ApiProperty({ description: 'Id of the request, as in the X-Request-Id header' })
  request_id: string;
}
