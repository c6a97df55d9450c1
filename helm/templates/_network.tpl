{{- /* One rule of egress. Takes to, a list of peers, and port. */}}
{{- define "pop-render.egress" -}}
- ports: [{ port: {{ .port }}, protocol: TCP }]
  {{- with .to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "pop-render.dnsEgress" -}}
# Names
- ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
  {{- with .Values.networkPolicy.dnsTo }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "pop-render.databaseEgress" -}}
# PostgreSQL
{{ include "pop-render.egress" (dict "to" .Values.networkPolicy.databaseTo "port" (include "pop-render.setting" (dict "root" . "name" "DB_PORT"))) }}
{{- end }}

{{- /* To every server that the settings name. */}}
{{- define "pop-render.serversEgress" -}}
{{- $policy := .Values.networkPolicy }}
{{- $config := .Values.config }}
{{ include "pop-render.databaseEgress" . }}
{{- if eq (include "pop-render.queue" .) "redis" }}
# Redis
{{ include "pop-render.egress" (dict "to" $policy.redisTo "port" (include "pop-render.setting" (dict "root" . "name" "REDIS_PORT"))) }}
{{- end }}
{{- if eq (include "pop-render.storage" .) "s3" }}
{{- $tls := has (include "pop-render.setting" (dict "root" . "name" "MINIO_USE_SSL") | lower) (list "true" "1" "yes" "on") }}
# S3
{{ include "pop-render.egress" (dict "to" $policy.storageTo "port" (include "pop-render.endpointPort" (dict "endpoint" $config.MINIO_ENDPOINT "tls" $tls))) }}
{{- end }}
{{- range $name, $endpoint := $config }}
{{- if and $endpoint (regexMatch "^OTEL_EXPORTER_OTLP_(TRACES_)?ENDPOINT$" $name) }}
# Traces
{{ include "pop-render.egress" (dict "to" $policy.otlpTo "port" (include "pop-render.endpointPort" (dict "endpoint" $endpoint "tls" false))) }}
{{- end }}
{{- end }}
{{- $sentry := default (get $config "SENTRY_DSN") (get (default dict .Values.secrets) "SENTRY_DSN") }}
{{- if or $sentry $policy.sentryPort }}
# Sentry
{{- $port := int $policy.sentryPort }}
{{- if $sentry }}{{ $port = include "pop-render.endpointPort" (dict "endpoint" $sentry "tls" true) }}{{ end }}
{{ include "pop-render.egress" (dict "to" $policy.sentryTo "port" $port) }}
{{- end }}
{{- with $policy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}
