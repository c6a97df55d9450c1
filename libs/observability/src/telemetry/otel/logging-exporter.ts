import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { OutageLog } from '#core';

/** Logs an outage of the collector once, and its recovery once; spans that cannot be sent are lost. */
export class LoggingExporter implements SpanExporter {
  constructor(
    private readonly exporter: SpanExporter,
    private readonly outages: OutageLog,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exporter.export(spans, ({ code, error }) => {
      if (code === ExportResultCode.SUCCESS) this.outages.recovered();
      else this.outages.failed(error ?? 'no reason given');
      done({ code: ExportResultCode.SUCCESS }); // The log has it.
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}
