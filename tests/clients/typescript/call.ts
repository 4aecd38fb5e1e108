// What somebody writes who has the types of openapi-typescript. It prints what came back.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "" });

const body: components["schemas"]["InvokeBody"] = { options: { UserId: "manager001" }, credential: "demo" };
const invoked = await client.POST("/v1/nodes/{provider}/{operation}/invoke", {
  params: { path: { provider: "dingtalk", operation: "get-user" } },
  body,
});
const refused = await client.POST("/v1/nodes/{provider}/{operation}/invoke", {
  params: { path: { provider: "dingtalk", operation: "get-usr" } },
  body: {},
});
const nodes = await client.GET("/v1/nodes", { params: { query: { resource: "Group Chat" } } });
const writes = nodes.data?.nodes.filter((node) => node.effect === "write").map((node) => node.id);
const runs = await client.GET("/v1/runs", {});

console.log(
  JSON.stringify({
    status: invoked.data?.StatusCode,
    summary: invoked.data?.Summary,
    hint: refused.error?.Hint,
    writes,
    runs: runs.data?.runs.map((run) => run.status_code),
  }),
);
