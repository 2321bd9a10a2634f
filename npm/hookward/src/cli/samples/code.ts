// Where code is kept, built, watched and flagged, and where issues are.

import type { Samples } from "./sample.js";

const repository = { id: 35129377, name: "public-repo", full_name: "baxterthehacker/public-repo", private: false };
const sender = { login: "baxterthehacker", id: 6752317, type: "User" };
const push = {
  ref: "refs/heads/main",
  before: "9049f1265b7d61be4a8904a9a27120d2064dab3b",
  after: "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c",
  commits: [{ id: "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c", message: "Grüße", author: { name: "Ada", email: "ada@example.com" } }],
  repository,
  sender,
};

export const code: Samples = {
  github: {
    type: "push",
    body: (type) => (type === "ping" ? { zen: "Keep it logically awesome.", hook_id: 1, repository, sender } : { ...push, pusher: { name: sender.login } }),
    headers: () => ({ "User-Agent": "GitHub-Hookshot/0000000" }),
  },
  gitea: { type: "push", body: () => push },
  forgejo: { type: "push", body: () => push },
  bitbucket: {
    type: "repo:push",
    body: (_, at) => ({
      actor: { display_name: "Ada", account_id: "557058:1" },
      repository: { full_name: "team/repo", uuid: `{${at.uuid}}` },
      push: { changes: [{ new: { type: "branch", name: "main" }, created: false, closed: false }] },
    }),
  },
  buildkite: {
    type: "build.finished",
    body: (type, at) => ({
      event: type,
      build: { id: at.uuid, number: 1, state: "passed", branch: "main", finished_at: at.iso },
      pipeline: { slug: "my-pipeline" },
      sender: { name: "Ada" },
    }),
  },
  circleci: {
    type: "workflow-completed",
    body: (type, at) => ({
      type,
      id: at.uuid,
      happened_at: at.iso,
      webhook: { id: "cf8c4fdd-0587-4da1-b4ca-4846e9640af9", name: "Sample Webhook" },
      workflow: { id: "fda08377-fe7e-46b1-8992-3a7aaecac9c3", name: "build-test-deploy", status: "success" },
    }),
  },
  heroku: {
    type: "api:release",
    body: (type, at) => ({
      id: at.uuid,
      action: "create",
      resource: "release",
      published_at: at.isoSeconds,
      data: { id: at.uuid, version: 1, status: "succeeded", app: { name: "example" } },
      webhook_metadata: { attempt: { id: at.uuid }, delivery: { id: at.uuid }, event: { id: at.uuid, include: type } },
    }),
  },
  jira: {
    type: "jira:issue_updated",
    body: (type, at) => ({
      timestamp: at.ms,
      webhookEvent: type,
      issue: { id: "10002", key: "TEST-1", fields: { summary: "Grüße" } },
      user: { accountId: "5b10a2844c20165700ede21g" },
    }),
  },
  launchdarkly: {
    type: "flag",
    body: (type, at) => ({
      _id: at.id,
      accountId: "569f183514f4432160000001",
      date: at.ms,
      kind: type,
      name: "checkout",
      titleVerb: "turned on the flag",
      member: { email: "ada@example.com" },
    }),
  },
  linear: {
    type: "Issue",
    body: (type, at) => ({
      action: "create",
      type,
      createdAt: at.iso,
      data: { id: at.uuid, title: "Grüße", number: 1, teamId: "72b2a2dc" },
      url: "https://linear.app/issue/LIN-1",
      organizationId: "org_1",
      webhookTimestamp: at.ms,
      webhookId: "000042e3",
    }),
  },
  pagerduty: {
    type: "incident.triggered",
    body: (type, at) => ({
      event: {
        id: at.id.toUpperCase(),
        event_type: type,
        resource_type: "incident",
        occurred_at: at.iso,
        data: { id: "PGR0VU2", type: "incident", number: 2, title: "A little bump in the road", status: "triggered" },
      },
    }),
  },
  rootly: {
    type: "incident.created",
    body: (type, at) => ({ event: { id: at.uuid, type, issued_at: at.iso }, data: { id: at.uuid, title: "It is down" } }),
  },
  sentry: {
    type: "issue",
    body: (_, at) => ({
      action: "created",
      installation: { uuid: at.uuid },
      data: { issue: { id: "1170820242", title: "TypeError", level: "error" } },
      actor: { type: "application", id: "sentry", name: "Sentry" },
    }),
    headers: (_, at) => ({ "Sentry-Hook-Timestamp": String(at.seconds) }),
  },
  snyk: {
    type: "project_snapshot/v0",
    body: (_, at) => ({ project: { id: at.uuid, name: "acme/app" }, org: { id: at.uuid, name: "acme" }, newIssues: [], removedIssues: [] }),
  },
};
