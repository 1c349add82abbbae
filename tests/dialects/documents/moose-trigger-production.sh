curl -X POST 'https://your-host/workflows/data-processing/trigger' \
-H 'Authorization: Bearer <plain_token_from_output>' \
-H 'Content-Type: application/json' \
-d '{"inputValue":"process-user-data"}'
