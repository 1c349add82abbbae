curl http://localhost:8000/workflows/{workflow_id}/status
