const response = await fetch(
`http://localhost:3000/api/v1/workflows/${workflowId}/run`,
{
method: 'POST',
headers: {
'x-api-key': process.env.API_KEY,
'Content-Type': 'application/json'
},
body: JSON.stringify({
input: {
customerId: 'cus_xxx',
amount: 9900
}
})
}
);
const { data } = await response.json();
console.log('Run ID:', data.runId);
