curl https://app.awaitstep.dev/api/workflows/wf_abc123/runs/wf-instance-uuid \
  -H "Authorization: Bearer ask_yourkey"
