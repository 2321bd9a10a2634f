// n8n's editor, as far as somebody who tests a workflow uses it: its own HTTP interface.

/** The owner of this n8n, who is made with the first call. */
const OWNER = { email: "owner@example.com", firstName: "Test", lastName: "Owner", password: "Only4this-test" };

/** Makes the owner and signs in; what the calls of that person go through. */
export async function signIn(url) {
  let cookie = "";
  const call = async (path, body) => {
    const headers = { "content-type": "application/json", "browser-id": "test", "push-ref": "test", cookie };
    const method = body ? "POST" : "GET";
    const answer = await fetch(`${url}/rest${path}`, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return { data: (await answer.json()).data, cookies: answer.headers.getSetCookie() };
  };
  const { cookies } = await call("/owner/setup", OWNER);
  cookie = cookies.map((one) => one.split(";")[0]).join("; ");
  return {
    /** "Listen for test event" of this trigger. */
    async listen(id, trigger) {
      const { data: workflowData } = await call(`/workflows/${id}`);
      const { data } = await call(`/workflows/${id}/run`, { workflowData, triggerToStartFrom: { name: trigger } });
      if (data.waitingForWebhook !== true) throw new Error(`n8n does not listen: ${JSON.stringify(data)}`);
    },
  };
}
