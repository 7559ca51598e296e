// Verifies deliveries with the Standard Webhooks library: one JSON line in, one line out for each.
const { Webhook } = require("standardwebhooks");
const lines = require("node:readline").createInterface({ input: process.stdin });

lines.on("line", (line) => {
  const { secret, headers, body } = JSON.parse(line);
  try {
    new Webhook(secret).verify(body, headers);
    console.log("valid");
  } catch (error) {
    console.log(error.message);
  }
});
