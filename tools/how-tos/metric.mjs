/** A metric: declared in the file of its subject, recorded where the thing happens. */
export const metric = {
  name: 'a metric',
  limit: 2,
  steps(project) {
    const file = 'libs/observability/src/upload-metrics.ts';
    project.edit(
      file,
      "  makeGaugeProvider({ name: 'uploads_in_progress'",
      `  makeCounterProvider({ name: 'upload_bytes_total', help: 'Bytes of photos received' }),
  makeGaugeProvider({ name: 'uploads_in_progress'`,
    );
    project.edit(
      file,
      '    /** Evicted uploads',
      `    @InjectMetric('upload_bytes_total') readonly receivedBytes: Counter,
    /** Evicted uploads`,
    );
    project.edit(
      'apps/api/src/assets/upload/photo-upload.interceptor.ts',
      '    this.metrics.inProgress.inc();',
      '    this.metrics.inProgress.inc();\n    this.metrics.receivedBytes.inc(0);',
    );
  },
};
