const customers = await getCustomersToProcess();
const runs = await Promise.all(
customers.map(customer =>
triggerWorkflow('wf_customer_sync', {
input: { customerId: customer.id },
idempotencyKey: `sync-${customer.id}-${today}`
})
)
);
console.log(`Started ${runs.length} sync workflows`);
