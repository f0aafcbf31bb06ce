{{- define "meshkeep.labels" -}}
k8s-app: clustermesh-apiserver
app.kubernetes.io/name: clustermesh-apiserver
app.kubernetes.io/part-of: cilium
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "meshkeep.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end -}}
