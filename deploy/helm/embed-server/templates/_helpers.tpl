{{- define "embed-server.name" -}}
{{- ternary .Release.Name (printf "%s-embed-server" .Release.Name) (contains "embed-server" .Release.Name) | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "embed-server.selector" -}}
app.kubernetes.io/name: embed-server
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "embed-server.labels" -}}
{{ include "embed-server.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "embed-server.keysSecret" -}}
{{- if .Values.auth.existingSecret }}{{ .Values.auth.existingSecret }}{{ else if .Values.auth.keys }}{{ include "embed-server.name" . }}-keys{{ end }}
{{- end }}

{{- define "embed-server.tlsSecret" -}}
{{- .Values.tls.existingSecret | default (printf "%s-tls" (include "embed-server.name" .)) }}
{{- end }}

{{/* The config.json: the chart's part, and what `config` has besides. */}}
{{- define "embed-server.config" -}}
{{- $server := dict "host" "0.0.0.0" "port" 8080 "shutdownTimeoutSeconds" .Values.shutdownTimeoutSeconds }}
{{- if .Values.tls.enabled }}
{{- $_ := set $server "tls" (dict "certificate" "/etc/embed-server/tls/tls.crt" "key" "/etc/embed-server/tls/tls.key") }}
{{- end }}
{{- $batch := ternary (dict "directory" "/batches") (dict "directory" "/tmp/batches" "maximumStoredBytes" 0) (ne .Values.batches.existingClaim "") }}
{{- $config := dict "server" $server "batch" $batch }}
{{- if include "embed-server.keysSecret" . }}
{{- $_ := set $config "auth" (dict "keysFile" "/etc/embed-server/keys/keys.json") }}
{{- end }}
{{- mergeOverwrite (deepCopy .Values.config) $config | toPrettyJson }}
{{- end }}
