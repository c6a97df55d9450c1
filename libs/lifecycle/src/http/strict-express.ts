import express, { type Express } from 'express';

/**
 * An Express application that takes a path for a route only as it is written: no other case, no slash at its end. Rules of a
 * proxy in front, such as one that hides `/metrics`, would be evaded otherwise. Express reads these settings when its first
 * route or middleware is added, and Nest adds one as soon as it gets the application: they must be set before.
 */
export function strictExpress(): Express {
  const app = express();
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.disable('x-powered-by');
  return app;
}
