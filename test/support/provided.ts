import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** A provider that a module exports, as the services inject it. */
export async function provided<T>(provider: Type<T>, module: Type): Promise<T> {
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  return app.get(provider);
}
