async function waitForCompletion(runId, maxWait = 60000) {
const start = Date.now();
while (Date.now() - start < maxWait) {
const response = await fetch(
`http://localhost:3000/api/v1/runs/${runId}`,
{ headers: { 'x-api-key': API_KEY } }
);
const { data } = await response.json();
if (data.status === 'completed') {
return data.output;
}
if (data.status === 'failed') {
throw new Error(data.error?.message || 'Workflow failed');
}
// Wait 1 second before polling again
await new Promise(r => setTimeout(r, 1000));
}
throw new Error('Timeout waiting for workflow');
}
