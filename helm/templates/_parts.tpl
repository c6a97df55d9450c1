{{- define "pop-render.labels" -}}
app.kubernetes.io/name: pop-render
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "pop-render.selector" -}}
app.kubernetes.io/name: pop-render
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pop-render.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "pop-render.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "pop-render.environment" -}}
envFrom:
  - configMapRef: { name: {{ .Release.Name }}-config }
  - secretRef: { name: {{ .Values.existingSecret }} }
env:
  # Pods are the unit of scaling here.
  - { name: WORKER_COUNT, value: "1" }
{{- end }}

{{- define "pop-render.probes" -}}
livenessProbe:
  httpGet: { path: /health/liveness, port: http }
  initialDelaySeconds: 10
  periodSeconds: 30
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /health/readiness, port: http }
  initialDelaySeconds: 5
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}
