{{- define "zt.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: zt
{{- end }}

{{- define "zt.meta" -}}
name: zt-{{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "zt.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{- define "zt.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* A claim under this chart's name is kept when the chart is removed: blocks and marks are nowhere else. */ -}}
{{- define "zt.claim" -}}
{{- $v := index .root.Values .name "volume" }}
{{- if not $v.existingClaim }}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: zt-{{ .name }}-state
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "zt.labels" . | nindent 4 }}
  annotations:
    helm.sh/resource-policy: keep
spec:
  accessModes: [ReadWriteOnce]
  {{- with $v.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources: {requests: {storage: {{ $v.size }}}}
---
{{- end }}
{{- end }}

{{- /* The pod of one service. .volume: it has state. .secrets: what it has besides the keys that all have.
       Secrets have mode 288, which is 0440: not every reader of YAML takes octal numbers. */ -}}
{{- define "zt.pod" -}}
metadata:
  labels:
    {{- include "zt.labels" . | nindent 4 }}
  annotations:
    zt/config: {{ .config | sha256sum }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 30 # a service ends within 12
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets: {{ toJson . }}
  {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ include "zt.image" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      command: [/usr/bin/zt-{{ .name }}]
      args: [--config, /etc/zt/{{ .name }}.yaml]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      ports: {{ toJson .ports }}
      {{- .probes | nindent 6 }}
      resources: {{ toJson (index .root.Values .name "resources") }}
      volumeMounts:
        - {name: config, mountPath: /etc/zt, readOnly: true}
        - {name: events, mountPath: /run/zt/events, readOnly: true}
        - {name: peers, mountPath: /run/zt/peers, readOnly: true}
        {{- range .secrets }}
        - {name: {{ .name }}, mountPath: /run/zt/{{ .name }}, readOnly: true}
        {{- end }}
        {{- if .volume }}
        - {name: state, mountPath: /var/lib/zt}
        {{- end }}
  volumes:
    - name: config
      configMap: {name: zt-{{ .name }}}
    - name: events
      secret: {secretName: {{ .root.Values.secrets.events }}, defaultMode: 288}
    - name: peers
      secret: {secretName: zt-{{ .name }}{{ .root.Values.secrets.peersSuffix }}, defaultMode: 288}
    {{- range .secrets }}
    - name: {{ .name }}
      secret: {secretName: {{ .secret }}, defaultMode: 288}
    {{- end }}
    {{- if .volume }}
    - name: state
      persistentVolumeClaim: {claimName: {{ index .root.Values .name "volume" "existingClaim" | default (printf "zt-%s-state" .name) }}}
    {{- end }}
{{- end }}

{{- define "zt.peers" -}}
key_file: /run/zt/events/key
peers_ca: /run/zt/peers/ca.crt
peers_certificate: /run/zt/peers/tls.crt
peers_key: /run/zt/peers/tls.key
{{- end }}

{{- define "zt.settings" -}}
{{- range $k, $v := . }}
{{ $k }}: {{ if kindIs "float64" $v }}{{ int64 $v }}{{ else }}{{ toJson $v }}{{ end }}
{{- end }}
{{- end }}

{{- /* Everything of a service behind the gateway. .lines: its own settings. .calls: whom it may call, each
       with the port's name: call or events. .callers: who may call it, the same way. */ -}}
{{- define "zt.service" -}}
{{- $ports := list (dict "name" "call" "containerPort" 7001) }}
{{- if .events }}{{ $ports = append $ports (dict "name" "events" "containerPort" 7002) }}{{ end }}
{{- $audit := .root.Values.auditSyslog }}
{{- $config := printf "listen: tls+tcp://%s:7001\n" .root.Values.listenHost }}
{{- if .events }}{{ $config = printf "%sevents: tls+tcp://%s:7002\n" $config .root.Values.listenHost }}{{ end }}
{{- $config = printf "%s%s\n%s" $config (include "zt.peers" .) .lines }}
{{- if $audit }}{{ $config = printf "%s\naudit_syslog: %s" $config $audit }}
{{- else if .volume }}{{ $config = printf "%s\naudit_file: /var/lib/zt/audit.jsonl" $config }}{{ end }}
{{- $config = printf "%s%s" $config (include "zt.settings" (index .root.Values .name "settings")) }}
{{- $probe := printf "exec: {command: [/usr/bin/zt-%s, --health, /etc/zt/%s.yaml]}" .name .name }}
{{- $probes := printf "startupProbe:\n  %s\n  timeoutSeconds: 5\n  periodSeconds: 5\n  failureThreshold: 60\nreadinessProbe:\n  %s\n  timeoutSeconds: 5\n  periodSeconds: 10\nlivenessProbe:\n  %s\n  timeoutSeconds: 5\n  periodSeconds: 20\n  failureThreshold: 6" $probe $probe $probe }}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "zt.meta" . | nindent 2 }}
data:
  {{ .name }}.yaml: |
    {{- $config | nindent 4 }}
---
{{- if .volume }}
{{ include "zt.claim" . }}
{{- end }}
apiVersion: v1
kind: Service
metadata:
  {{- include "zt.meta" . | nindent 2 }}
spec:
  selector:
    {{- include "zt.labels" . | nindent 4 }}
  ports:
    - {name: call, port: 7001, targetPort: call}
    {{- if .events }}
    - {name: events, port: 7002, targetPort: events}
    {{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "zt.meta" . | nindent 2 }}
spec:
  replicas: 1
  strategy: {type: Recreate} # one writer of a volume, one publisher of events
  selector:
    matchLabels:
      {{- include "zt.labels" . | nindent 6 }}
  template:
    {{- include "zt.pod" (merge (dict "ports" $ports "probes" $probes "config" $config) .) | nindent 4 }}
---
{{ include "zt.policy" . }}
{{- end }}

{{- define "zt.policy" -}}
{{- $root := .root }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "zt.meta" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "zt.labels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range $who, $ports := .callers }}
    - from:
        - podSelector:
            matchLabels:
              {{- include "zt.labels" (dict "name" $who "root" $root) | nindent 14 }}
      ports:
        {{- range $ports }}
        - {protocol: TCP, port: {{ . }}}
        {{- end }}
    {{- end }}
    {{- with .ingress }}
    {{- . | nindent 4 }}
    {{- end }}
  egress:
    - to: {{ toJson .root.Values.dns.to }}
      ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
    {{- range $whom, $ports := .calls }}
    - to:
        - podSelector:
            matchLabels:
              {{- include "zt.labels" (dict "name" $whom "root" $root) | nindent 14 }}
      ports:
        {{- range $ports }}
        - {protocol: TCP, port: {{ . }}}
        {{- end }}
    {{- end }}
    {{- if .database }}
    - ports:
        - {protocol: TCP, port: {{ .root.Values.database.port }}}
      {{- with .root.Values.database.to }}
      to: {{ toJson . }}
      {{- end }}
    {{- end }}
    {{- with .egress }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- if and .root.Values.auditSyslog (ne .name "gateway") }}
    - ports:
        - {protocol: UDP, port: {{ regexFind "[0-9]+$" .root.Values.auditSyslog }}}
    {{- end }}
{{- end }}
