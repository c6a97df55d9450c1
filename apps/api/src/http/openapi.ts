import { STATUS_CODES } from 'node:http';
import { applyDecorators, type INestApplication } from '@nestjs/common';
import { ApiResponse, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { KnownAnswers } from '#observability';
import { API_VERSION } from './api-version.js';
import { ErrorResponse } from './error-response.js';

/** Documents the error answers of an operation, all of one shape. */
export function ApiErrors(...statuses: number[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, type: ErrorResponse, description: STATUS_CODES[status] })),
  );
}

/** Serves the OpenAPI 3.0 document of the application's routes at /v1/openapi.json. @returns the document */
export function serveOpenApi(app: INestApplication, version: string): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('Pop-Render')
    .setDescription('Turns a photo into print-ready art: a 300 DPI TIFF and a JPEG preview.')
    .setVersion(version)
    .addServer('/', 'This server')
    .addTag('renders', 'Create a render, follow it, fetch its files')
    .addTag('catalogue', 'The styles and print sizes on offer')
    .build();
  const document = SwaggerModule.createDocument(app, description);
  const jsonDocumentUrl = `${API_VERSION}/openapi.json`;
  SwaggerModule.setup(API_VERSION, app, document, { ui: false, raw: ['json'], jsonDocumentUrl });
  return document;
}

/** What the documented operations are said to answer. */
export function documentedAnswers({ paths }: OpenAPIObject): KnownAnswers[] {
  return Object.entries(paths).flatMap(([endpoint, operations]) =>
    Object.entries(operations as Record<string, { responses: object }>).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      endpoint,
      statuses: Object.keys(responses).map(Number),
    })),
  );
}
