{{- /* Rules between values, whose schema errors would be unclear. */}}
{{- define "pop-render.checks" -}}
{{- $values := .Values }}
{{- $secrets := default dict $values.secrets }}
{{- $secretRefs := default dict $values.secretRefs }}
{{- if and $values.existingSecret $values.secrets }}
{{- fail "Set existingSecret or secrets, not both: with two sources it is unclear which password applies." }}
{{- end }}
{{- range $name, $_ := $values.secretRefs }}
{{- if hasKey $secrets $name }}
{{- fail (printf "%s is in secrets and in secretRefs: keep one." $name) }}
{{- end }}
{{- end }}
{{- if not $values.existingSecret }}
{{- $needed := list "DB_PASSWORD" }}
{{- if eq (include "pop-render.storage" .) "filesystem" }}
{{- $needed = append $needed "STORAGE_SIGNING_KEY" }}
{{- else }}
{{- $needed = concat $needed (list "MINIO_ACCESS_KEY" "MINIO_SECRET_KEY") }}
{{- end }}
{{- range $needed }}
{{- if not (or (get $secrets .) (hasKey $secretRefs .)) }}
{{- fail (printf "%s is required: name a Secret with it in existingSecret, or set secrets.%s or secretRefs.%s." . . .) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq (include "pop-render.storage" .) "s3") (not (get $values.config "MINIO_ENDPOINT")) }}
{{- fail "config.MINIO_ENDPOINT is required: where the S3 server listens, such as minio-service:9000." }}
{{- end }}
{{- if and $values.worker.autoscaling.enabled $values.worker.keda.enabled }}
{{- fail "Set worker.autoscaling.enabled or worker.keda.enabled, not both: KEDA makes an autoscaler of its own." }}
{{- end }}
{{- if and $values.ingress.enabled (not $values.ingress.hosts) }}
{{- fail "ingress.hosts is required with ingress.enabled: the host names of the API." }}
{{- end }}
{{- range $role := list $values.api $values.worker }}
{{- if gt (int $role.autoscaling.minReplicas) (int $role.autoscaling.maxReplicas) }}
{{- fail "autoscaling.minReplicas is greater than autoscaling.maxReplicas." }}
{{- end }}
{{- end }}
{{- end }}
