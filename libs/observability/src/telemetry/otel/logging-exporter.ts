import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { OutageLog } from '#core';

/** Tells once that spans cannot be sent, and once when they can again; those of meanwhile are lost. */
export class LoggingExporter implements SpanExporter {
  constructor(
    private readonly exporter: SpanExporter,
    private readonly faults: OutageLog,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exporter.export(spans, ({ code, error }) => {
      if (code === ExportResultCode.SUCCESS) this.faults.recovered();
      else this.faults.failed(error ?? 'no reason given');
      done({ code: ExportResultCode.SUCCESS }); // It is told.
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}
