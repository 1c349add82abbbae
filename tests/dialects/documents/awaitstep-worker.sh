# Trigger the workflow
curl -X POST https://<your-worker>.workers.dev \
  -H "Content-Type: application/json" \
  -d '{ "event": "order.created", "orderId": "ord_001" }'
