curl -X POST http://localhost:8000/workflows/shopping \
-H "Content-Type: application/json" \
-d '{
"items": [
{"fruit": "APPLE", "amount": 5},
{"fruit": "BANANA", "amount": 3}
]
}'
