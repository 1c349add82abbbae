curl -X POST http://localhost:8000/workflows/shopping/async \
-H "Content-Type: application/json" \
-d '{"items":[{"fruit":"ORANGE","amount":10}]}'
