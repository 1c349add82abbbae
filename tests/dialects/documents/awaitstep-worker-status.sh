curl "https://<your-worker>.workers.dev?instanceId=abc-123-def"
