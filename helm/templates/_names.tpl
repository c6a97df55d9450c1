{{- define "pop-render.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 44 | trimSuffix "-" }}
{{- end }}

{{- /* A CronJob's name may have 52 characters, for Kubernetes adds 11 to it, and "-cleanup" is 8. */}}
{{- define "pop-render.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 44 | trimSuffix "-" }}
{{- else if contains (include "pop-render.name" .) .Release.Name }}
{{- .Release.Name | trunc 44 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "pop-render.name" .) | trunc 44 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "pop-render.selector" -}}
app.kubernetes.io/name: {{ include "pop-render.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "pop-render.labels" -}}
{{ include "pop-render.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: pop-render
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .component }}
app: pop-render-{{ . }}
{{- end }}
{{- end }}

{{- /* Everything under an object's metadata. Takes root, name and, where they apply, component, labels and annotations. */}}
{{- define "pop-render.metadata" -}}
name: {{ .name }}
namespace: {{ default .root.Release.Namespace .root.Values.namespaceOverride }}
labels:
  {{- include "pop-render.labels" . | nindent 2 }}
  {{- with merge (dict) (default dict .labels) (default dict .root.Values.commonLabels) }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (default dict .annotations) (default dict .root.Values.commonAnnotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "pop-render.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "pop-render.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}
