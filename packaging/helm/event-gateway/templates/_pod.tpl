{{/* The pod, which is the same with each store but for where its data is. */}}
{{- define "event-gateway.pod" -}}
metadata:
  labels:
    {{- include "event-gateway.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "event-gateway.serviceAccount" . }}
  automountServiceAccountToken: false
  # Links of a service called event-gateway-config would be read as a setting: EVENT_GATEWAY_CONFIG_PORT.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ add .Values.shutdownSeconds .Values.preStopSleepSeconds 15 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: event-gateway
      image: "{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      env:
        # A folder of its own below the volume, which belongs to more than the gateway.
        - name: EVENT_GATEWAY_EMBED_DATA_DIR
          value: /data/store
        - name: EVENT_GATEWAY_HEALTH_PATH
          value: {{ .Values.healthPath | quote }}
        - name: EVENT_GATEWAY_SHUTDOWN_TIMEOUT
          value: {{ mul .Values.shutdownSeconds 1000 | quote }}
        {{- if eq .Values.store "dynamodb" }}
        - name: EVENT_GATEWAY_STORE
          value: dynamodb
        - name: EVENT_GATEWAY_DYNAMODB_TABLE
          value: {{ .Values.dynamodb.table | quote }}
        - name: EVENT_GATEWAY_QUEUE
          value: sqs
        - name: EVENT_GATEWAY_SQS_QUEUE_URL
          value: {{ required "dynamodb.queueUrl is the URL of the SQS queue" .Values.dynamodb.queueUrl | quote }}
        {{- with .Values.dynamodb.fifoQueueUrl }}
        - name: EVENT_GATEWAY_SQS_FIFO_QUEUE_URL
          value: {{ . | quote }}
        {{- end }}
        - name: AWS_REGION
          value: {{ required "dynamodb.region is the region of the table" .Values.dynamodb.region | quote }}
        {{- end }}
        {{- with .Values.accessKey.secretName }}
        - name: EVENT_GATEWAY_CONFIG_ACCESS_KEY
          valueFrom:
            secretKeyRef:
              name: {{ . }}
              key: {{ $.Values.accessKey.secretKey }}
        {{- end }}
        {{- range $name, $value := .Values.env }}
        - name: {{ $name | quote }}
          value: {{ $value | quote }}
        {{- end }}
      {{- with .Values.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: events
          containerPort: 4000
        - name: config
          containerPort: 4001
      startupProbe:
        httpGet:
          path: {{ printf "%s/healthz" (trimSuffix "/" .Values.healthPath) }}
          port: events
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet:
          path: {{ printf "%s/healthz" (trimSuffix "/" .Values.healthPath) }}
          port: events
        periodSeconds: 10
      readinessProbe:
        httpGet:
          path: {{ printf "%s/readyz" (trimSuffix "/" .Values.healthPath) }}
          port: events
        periodSeconds: 5
        timeoutSeconds: 3
      {{- with .Values.preStopSleepSeconds }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ . }}
      {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - name: data
          mountPath: /data
  {{- if ne .Values.store "embedded" }}
  volumes:
    - name: data
      emptyDir: {}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
