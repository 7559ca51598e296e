// Reads a collection as Postman does, and prints the requests that it would send.
// One JSON document in, `{"collection": …, "variables": {…}}`, and one out.
const { Collection, Property, Request } = require("postman-collection");

const { collection: given, variables } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const collection = new Collection(given);
for (const [key, value] of Object.entries(variables)) {
  collection.variables.upsert({ key, value });
}

function filled(text) {
  return Property.replaceSubstitutions(text, [collection.variables]);
}

const requests = [];
collection.forEachItem((item) => {
  const request = new Request(Property.replaceSubstitutionsIn(item.request.toJSON(), [collection.variables]));
  const auth = item.getAuth();
  requests.push({
    folder: item.parent().name,
    name: item.name,
    method: request.method,
    url: request.url.toString(),
    path: request.url.getPathWithQuery(),
    headers: request.headers.toObject(),
    bearer: auth?.type === "bearer" ? filled(auth.bearer.get("token")) : null,
    body: request.body?.toString() ?? null,
    responses: item.responses.map(({ name, code, status, body }) => ({ name, code, status, body })),
  });
});
process.stdout.write(JSON.stringify(requests));
