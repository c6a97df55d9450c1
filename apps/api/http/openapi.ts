import { STATUS_CODES } from 'node:http';
import { applyDecorators, type INestApplication } from '@nestjs/common';
import { ApiResponse, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ErrorResponse } from './error-response.js';

/** Documents the error answers of an operation, all of one shape. */
export function ApiErrors(...statuses: number[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, type: ErrorResponse, description: STATUS_CODES[status] })),
  );
}

/** Serves the OpenAPI 3.0 document of the application's routes at /v1/openapi.json. */
export function serveOpenApi(app: INestApplication, version: string): void {
  const description = new DocumentBuilder()
    .setTitle('Pop-Render')
    .setDescription('Turns a photo into print-ready art: a 300 DPI TIFF and a JPEG preview.')
    .setVersion(version)
    .addServer('/', 'This server')
    .addTag('renders', 'Create a render, follow it, fetch its files')
    .addTag('catalogue', 'The styles and print sizes on offer')
    .build();
  const document = SwaggerModule.createDocument(app, description);
  SwaggerModule.setup('v1', app, document, { ui: false, raw: ['json'], jsonDocumentUrl: 'v1/openapi.json' });
}
