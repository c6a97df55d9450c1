/** SQL: the `RenderJob` of a row of `renders` as `r`, which leads its worker back to the request it came with. */
export const JOB = `json_strip_nulls(json_build_object(
  'renderId', r.id, 'assetId', r.asset_id, 'styleId', r.style_id, 'sizePresetId', r.size_preset_id,
  'requestId', r.request_id, 'traceparent', r.traceparent)) AS job`;

/** SQL: a render, as `r`, that the API has recorded and is about to queue. */
export const BEING_ACCEPTED = `r.queue_job_id IS NULL AND r.updated_at > now() - interval '5 seconds'`;
