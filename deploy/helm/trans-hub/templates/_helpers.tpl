{{- define "trans-hub.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "trans-hub.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* The port of the probes stands in several objects, so it is not a value. */ -}}
{{- define "trans-hub.settings" -}}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
TH_METRICS_PORT: "9464"
{{- end }}

{{- define "trans-hub.serverSettings" -}}
{{- range $name, $value := .Values.server.settings }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
TH_HTTP_PORT: "8080"
TH_METRICS_PORT: "9464"
{{- end }}

{{- define "trans-hub.gracePeriod" -}}
{{ add (int (.Values.settings.TH_DRAIN_SECONDS | default 20)) 10 }}
{{- end }}

{{- /* Empty where the cluster cannot be asked: `helm template`, Argo CD. */ -}}
{{- define "trans-hub.secretsChecksum" -}}
{{ (lookup "v1" "Secret" .Release.Namespace .Values.secrets.worker).data | toJson | sha256sum }}
{{- end }}

{{- define "trans-hub.serverSecretsChecksum" -}}
{{ (lookup "v1" "Secret" .Release.Namespace .Values.secrets.server).data | toJson | sha256sum }}
{{- end }}
