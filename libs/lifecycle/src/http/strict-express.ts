import express, { type Express } from 'express';

/**
 * An Express application that matches routes by their exact path: no other case, no trailing slash. Rules of a
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
