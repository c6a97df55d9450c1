{{- define "pop-render.image" -}}
{{ .root.Values.image.repository }}:{{ default .root.Chart.AppVersion .root.Values.image.tag }}-{{ .target }}
{{- with get (default dict .root.Values.image.digests) .target }}@{{ . }}{{ end }}
{{- end }}

{{- /* What every pod has in common. Takes root. */}}
{{- define "pop-render.podBasics" -}}
automountServiceAccountToken: false
# A service called "redis" or "api" would otherwise set REDIS_PORT or API_PORT.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  # A shared folder with millions of files is not walked at each start.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "pop-render.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "pop-render.probes" -}}
# Two minutes to start; the other probes wait for it.
startupProbe:
  httpGet: { path: /health/liveness, port: {{ . }} }
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /health/liveness, port: {{ . }} }
  initialDelaySeconds: 10
  periodSeconds: 30
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /health/readiness, port: {{ . }} }
  initialDelaySeconds: 5
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{- /* Where a role's pods may run. Takes root, component and role: its values. */}}
{{- define "pop-render.placement" -}}
{{- with .role.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{- toYaml . | nindent 4 }}
    # Pods of one roll-out among themselves: the previous ones are terminating.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels: {{- include "pop-render.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- with .role.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .role.affinity }}
affinity: {{- toYaml .role.affinity | nindent 2 }}
{{- else if dig "nodeAffinity" "enabled" false .role }}
affinity:
  nodeAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: {{ .role.nodeAffinity.weight }}
        preference:
          matchExpressions:
            - key: {{ .role.nodeAffinity.key }}
              operator: In
              values: {{- toYaml .role.nodeAffinity.values | nindent 16 }}
{{- end }}
{{- with .role.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .role.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- /* Metadata of pods that do one thing and end. Takes root and component. */}}
{{- define "pop-render.jobPodMetadata" -}}
labels:
  {{- include "pop-render.labels" . | nindent 2 }}
  {{- with merge (dict) (default dict .root.Values.jobs.podLabels) (default dict .root.Values.commonLabels) }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.jobs.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Takes root and size, the limit of /tmp; a role's extra volumes. */}}
{{- define "pop-render.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: {{ .size }} }
{{- if eq (include "pop-render.storage" .root) "filesystem" }}
- name: storage
  persistentVolumeClaim:
    claimName: {{ default (printf "%s-storage" (include "pop-render.fullname" .root)) .root.Values.persistence.existingClaim }}
{{- end }}
{{- with .extra }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "pop-render.volumeMounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if eq (include "pop-render.storage" .root) "filesystem" }}
- { name: storage, mountPath: {{ default "/data" (get .root.Values.config "STORAGE_ROOT") }} }
{{- end }}
{{- with .extra }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Annotations of a pod: a changed ConfigMap or Secret rolls the pods. Takes root and role. */}}
{{- define "pop-render.podAnnotations" -}}
checksum/config: {{ include "pop-render.config" .root | sha256sum }}
{{- if .root.Values.secrets }}
checksum/secrets: {{ include "pop-render.secretData" .root | sha256sum }}
{{- end }}
{{- with .role.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}
