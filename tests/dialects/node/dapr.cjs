// The HTTP workflow client of @dapr/dapr, unmodified: node dapr.cjs HOST PORT TOKEN. Prints one JSON text.
const { CommunicationProtocolEnum, DaprClient } = require("@dapr/dapr");

async function main(host, port, token) {
  const client = new DaprClient({
    daprHost: host,
    daprPort: port,
    daprApiToken: token,
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    logger: { level: "error" },
  });
  const workflow = client.workflow;
  const status = async (id) => (await workflow.getWorkflowState(id)).runtimeStatus;
  const seen = {};

  const done = await workflow.scheduleNewWorkflow("echo", { name: "Zoë" });
  for (let tries = 0; tries < 300 && (await status(done)) !== "COMPLETED"; tries++) {
    await new Promise((wake) => setTimeout(wake, 100));
  }
  seen.state = await workflow.getWorkflowState(done);

  const id = await workflow.scheduleNewWorkflow("endless", "a text", `js-${Date.now()}`);
  seen.id = id;
  try {
    await workflow.scheduleNewWorkflow("endless", {}, id);
  } catch (error) {
    seen.taken = JSON.parse(error.message);
  }
  await workflow.raiseEvent(id, "approved", { by: "me" });
  for (let tries = 0; tries < 300 && (await status(id)) !== "RUNNING"; tries++) {
    await new Promise((wake) => setTimeout(wake, 100));
  }
  await workflow.pause(id);
  seen.paused = await status(id);
  await workflow.resume(id);
  seen.resumed = await status(id);
  await workflow.terminate(id);
  seen.terminated = await status(id);
  await workflow.purge(id);
  try {
    await status(id);
  } catch (error) {
    seen.purged = JSON.parse(error.message);
  }
  await client.stop();
  console.log(JSON.stringify(seen));
}

main(...process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
