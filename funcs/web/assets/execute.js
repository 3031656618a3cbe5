// POST /execute, with the output as it is written.

// Failure is a request that came to no reply of the service. Its message is
// for people.
export class Failure extends Error {}

// execute sends a request, JSON text, and returns {http, text, retryAfter}: the
// reply as JSON text. write(stream, text) is called with output while the script
// runs; a server or proxy that can't stream makes it come with the reply.
export async function execute(request, { signal, write }) {
  let response;
  try {
    response = await fetch("execute", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream, application/json" },
      body: request,
      signal,
    });
  } catch (error) {
    throw unreachable(error);
  }
  const type = response.headers.get("Content-Type") ?? "";
  try {
    if (type.startsWith("text/event-stream")) {
      const text = await lastEvent(response.body, write);
      return { http: response.status, text, retryAfter: null };
    }
    const text = await response.text();
    if (!type.includes("json")) {
      throw new Failure(`The server answered HTTP ${response.status} with something that is no reply of this service. Is there a proxy or a sign-in in between?`);
    }
    return { http: response.status, text, retryAfter: response.headers.get("Retry-After") };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unreachable(error);
  }
}

function unreachable(error) {
  if (error.name === "AbortError") return error;
  return new Failure("The service could not be reached, or the connection broke. Nothing more is known of this run; check the network and run it again.");
}

// lastEvent reads events and returns the data of the one that ends them.
async function lastEvent(body, write) {
  for await (const { event, data } of events(body)) {
    if (event === "stdout" || event === "stderr") write(event, JSON.parse(data).text);
    if (event === "result" || event === "error") return data;
  }
  throw new Failure("The connection ended before the script did. Nothing more is known of this run.");
}

// events splits a stream as the HTML standard's "server-sent events" has it.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", event = "", data = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event: event || "message", data: data.join("\n") };
        event = "";
        data = [];
        continue;
      }
      const [, name, text] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
      if (name === "event") event = text ?? "";
      if (name === "data") data.push(text ?? "");
    }
  }
}
