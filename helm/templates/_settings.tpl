{{- /* A number of values.yaml as text: large whole numbers would come out as 3.1536e+07. */}}
{{- define "pop-render.text" -}}
{{- if and (kindIs "float64" .) (eq (float64 (int64 .)) .) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{- /* The settings as YAML: config, and what follows from other values. */}}
{{- define "pop-render.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if eq (include "pop-render.storage" .) "filesystem" }}
{{- $config = merge $config (dict "STORAGE_ROOT" "/data") }}
{{- end }}
{{- if and .Values.ingress.enabled .Values.ingress.hosts }}
{{- $scheme := ternary "https" "http" (ne .Values.ingress.tlsSecretName "") }}
{{- $config = merge $config (dict "PUBLIC_URL" (printf "%s://%s" $scheme (first .Values.ingress.hosts))) }}
{{- end }}
{{- range $name, $value := $config }}
{{- if not (kindIs "invalid" $value) }}
{{ $name }}: {{ include "pop-render.text" $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Defaults of the service that the chart has to know: as in libs/config/src/namespaces. */}}
{{- define "pop-render.defaults" -}}
API_PORT: 8089
METRICS_PORT: ''
WORKER_PORT: 8090
DB_PORT: 5432
REDIS_PORT: 6379
QUEUE_BACKEND: redis
STORAGE_BACKEND: s3
SHUTDOWN_GRACE_SECONDS: 25
SHUTDOWN_DELAY_SECONDS: 0
RENDER_CONCURRENCY: 1
MINIO_USE_SSL: false
{{- end }}

{{- /* One setting as text. Takes root and name. */}}
{{- define "pop-render.setting" -}}
{{- $value := get .root.Values.config .name }}
{{- if or (kindIs "invalid" $value) (eq (toString $value) "") }}
{{- $value = get (include "pop-render.defaults" . | fromYaml) .name }}
{{- end }}
{{- include "pop-render.text" $value }}
{{- end }}

{{- /* The port of the API that its metrics and probes are at: one of their own with METRICS_PORT. */}}
{{- define "pop-render.metricsPort" -}}
{{- ternary "metrics" "http" (ne (include "pop-render.setting" (dict "root" . "name" "METRICS_PORT")) "") }}
{{- end }}

{{- define "pop-render.storage" -}}
{{- include "pop-render.setting" (dict "root" . "name" "STORAGE_BACKEND") }}
{{- end }}

{{- define "pop-render.queue" -}}
{{- include "pop-render.setting" (dict "root" . "name" "QUEUE_BACKEND") }}
{{- end }}

{{- define "pop-render.secretData" -}}
{{- range $name, $value := .Values.secrets }}
{{ $name }}: {{ toString $value | b64enc | quote }}
{{- end }}
{{- end }}

{{- /* Environment of a container. Takes root; name of the ConfigMap and of the Secret that the chart makes; extra. */}}
{{- define "pop-render.environment" -}}
envFrom:
  - configMapRef: { name: {{ .name }} }
  {{- if .root.Values.secrets }}
  - secretRef: { name: {{ .name }} }
  {{- else if .root.Values.existingSecret }}
  - secretRef: { name: {{ .root.Values.existingSecret }} }
  {{- end }}
  {{- with .root.Values.extraEnvFrom }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
env:
  # Pods are the unit of scaling here.
  - { name: WORKER_COUNT, value: '1' }
  {{- range $name, $ref := .root.Values.secretRefs }}
  - name: {{ $name }}
    valueFrom: { secretKeyRef: { name: {{ $ref.name }}, key: {{ $ref.key }} } }
  {{- end }}
  {{- with concat (default list .root.Values.extraEnv) (default list .extra) }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- /* Port of host:port or of a URL. Takes endpoint and whether TLS is the default. */}}
{{- define "pop-render.endpointPort" -}}
{{- /* A missing endpoint is reported by pop-render.checks. */}}
{{- $url := default "" .endpoint }}
{{- if not (contains "://" $url) }}{{ $url = printf "%s://%s" (ternary "https" "http" .tls) $url }}{{ end }}
{{- $parsed := urlParse $url }}
{{- $port := regexFind ":[0-9]+$" $parsed.host | trimPrefix ":" }}
{{- default (ternary "443" "80" (eq $parsed.scheme "https")) $port }}
{{- end }}
