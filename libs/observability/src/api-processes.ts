import { gauge } from './metrics.js';

/**
 * Lets an API process be counted. The sum over a cluster holds those that answered the scrape: one that hangs is missing.
 * @param wanted how many there should be
 */
export function countApiProcess(wanted: number): void {
  gauge({ name: 'api_processes', help: 'API processes of the instance that answered this scrape' }).set(1);
  gauge({
    name: 'api_processes_wanted',
    help: 'API processes that the instance should have',
    aggregator: 'max',
  }).set(wanted);
}
