// Messages, meetings, documents, media, and everything else.

import type { Samples } from "./sample.js";

export const services: Samples = {
  airtable: { type: "change", body: (_, at) => ({ base: { id: "app00000000000000" }, webhook: { id: "ach00000000000000" }, timestamp: at.iso }) },
  asana: {
    type: "changed",
    body: (type, at) => ({
      events: [
        { user: { gid: "12345", resource_type: "user" }, created_at: at.iso, type: "task", action: type, resource: { gid: "1337", resource_type: "task" }, parent: null },
      ],
    }),
  },
  box: {
    type: "FILE.UPLOADED",
    body: (type, at) => ({
      type: "webhook_event",
      id: at.uuid,
      created_at: at.isoSeconds,
      trigger: type,
      webhook: { id: "53", type: "webhook" },
      created_by: { type: "user", id: "226067247", name: "Ada" },
      source: { id: "73835521473", type: "file", name: "grüße.txt" },
    }),
  },
  "cal-com": {
    type: "BOOKING_CREATED",
    body: (type, at) => ({
      triggerEvent: type,
      createdAt: at.iso,
      payload: { type: "30min", title: "30min between Ada and Charles", uid: at.id, startTime: at.iso, organizer: { name: "Ada" } },
    }),
  },
  calendly: {
    type: "invitee.created",
    body: (type, at) => ({
      created_at: at.iso,
      created_by: "https://api.calendly.com/users/1",
      event: type,
      payload: { uri: `https://api.calendly.com/scheduled_events/1/invitees/${at.uuid}`, email: "ada@example.com", status: "active" },
    }),
  },
  clickup: {
    type: "taskUpdated",
    body: (type, at) => ({ event: type, webhook_id: at.uuid, task_id: "1vj37mc", history_items: [{ id: String(at.ms), type: 1, field: "status" }] }),
  },
  "customer-io": {
    type: "delivered",
    body: (type, at) => ({
      event_id: at.id.toUpperCase(),
      object_type: "email",
      metric: type,
      timestamp: at.seconds,
      data: { customer_id: "0200102", delivery_id: "RPILAgUBcRhIBqSfeiIwdIYJKxTY", recipient: "ada@example.com" },
    }),
  },
  docusign: {
    type: "envelope-completed",
    body: (type, at) => ({
      event: type,
      apiVersion: "v2.1",
      uri: "/restapi/v2.1/accounts/1/envelopes/1",
      retryCount: 0,
      configurationId: 1,
      generatedDateTime: at.iso,
      data: { accountId: "1", envelopeId: at.uuid },
    }),
  },
  dropbox: { type: "change", body: () => ({ list_folder: { accounts: ["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"] }, delta: { users: [12345678] } }) },
  dub: {
    type: "link.created",
    body: (type, at) => ({ id: `evt_${at.id}`, event: type, createdAt: at.iso, data: { id: "link_1", domain: "dub.sh", key: "hook" } }),
  },
  elevenlabs: {
    type: "post_call_transcription",
    body: (type, at) => ({ type, event_timestamp: at.seconds, data: { agent_id: "agent_1", conversation_id: `conv_${at.id}`, status: "done" } }),
  },
  envoy: { type: "entry_sign_in", body: (type, at) => ({ meta: { event: type, location: { id: "1" } }, payload: { id: at.id, type: "entries" } }) },
  hookdeck: { type: "event", body: (type, at) => ({ type, id: `evt_${at.id}`, created_at: at.iso, data: { hello: "Grüße" } }) },
  hubspot: {
    type: "contact.creation",
    body: (type, at) => [
      { eventId: at.number, subscriptionId: 1, portalId: 62515, appId: 54321, occurredAt: at.ms, subscriptionType: type, attemptNumber: 0, objectId: 123 },
    ],
  },
  meta: {
    type: "whatsapp_business_account",
    body: (type, at) => ({
      object: type,
      entry: [
        {
          id: "0",
          changes: [
            {
              field: "messages",
              value: {
                messaging_product: "whatsapp",
                metadata: { display_phone_number: "15550783881", phone_number_id: "1" },
                messages: [{ from: "16315551181", id: `wamid.${at.id}`, timestamp: String(at.seconds), type: "text", text: { body: "Grüße" } }],
              },
            },
          ],
        },
      ],
    }),
  },
  mux: {
    type: "video.asset.ready",
    body: (type, at) => ({
      type,
      id: at.uuid,
      created_at: at.isoSeconds,
      object: { type: "asset", id: "0201p02fGKPE7MrbC269XRD7LpcHhrmbu0002" },
      environment: { name: "Development", id: "j0863n" },
      data: { id: "0201p02fGKPE7MrbC269XRD7LpcHhrmbu0002", status: "ready" },
      attempts: [],
    }),
  },
  notion: {
    type: "page.created",
    body: (type, at) => ({
      id: at.uuid,
      timestamp: at.iso,
      workspace_id: "13950b26-c203-4f3b-b97d-93ec06319565",
      type,
      attempt_number: 1,
      entity: { id: at.uuid, type: "page" },
      data: {},
    }),
  },
  pusher: { type: "channel_occupied", body: (type, at) => ({ time_ms: at.ms, events: [{ name: type, channel: "presence-room" }] }) },
  slack: {
    type: "app_mention",
    body: (type, at) => ({
      token: "-",
      team_id: "T123ABC456",
      api_app_id: "A123ABC456",
      event: { type, user: "U123ABC456", text: "Grüße", ts: `${at.seconds}.000100`, channel: "C123ABC456" },
      type: "event_callback",
      event_id: `Ev${at.id.slice(0, 10).toUpperCase()}`,
      event_time: at.seconds,
    }),
  },
  twitch: {
    type: "channel.follow",
    body: (type, at) => ({
      subscription: { id: at.uuid, status: "enabled", type, version: "2", condition: { broadcaster_user_id: "12826" }, created_at: at.iso },
      event: { user_id: "1337", user_login: "awesome_user", broadcaster_user_id: "12826", followed_at: at.iso },
    }),
    headers: () => ({ "Twitch-Eventsub-Message-Type": "notification" }),
  },
  typeform: {
    type: "form_response",
    body: (type, at) => ({
      event_id: at.id.toUpperCase(),
      event_type: type,
      form_response: { form_id: "lT4Z3j", token: at.id, submitted_at: at.isoSeconds, answers: [{ type: "text", text: "Grüße" }] },
    }),
  },
  webflow: {
    type: "form_submission",
    body: (type, at) => ({ triggerType: type, payload: { name: "Contact Us", siteId: "65427cf400e02b306eaa049c", data: { name: "Ada" }, submittedAt: at.iso, id: at.id } }),
  },
  workos: {
    type: "dsync.user.created",
    body: (type, at) => ({ id: `event_${at.id}`, event: type, created_at: at.iso, data: { object: "directory_user", id: "directory_user_1", emails: [{ value: "ada@example.com" }] } }),
  },
  x: {
    type: "tweet_create_events",
    body: (type, at) => ({ for_user_id: "2244994945", [type]: [{ id: at.number, id_str: String(at.number), text: "Grüße", user: { id_str: "1" } }] }),
  },
  zendesk: {
    type: "zen:event-type:ticket.created",
    body: (type, at) => ({
      account_id: 22129848,
      id: at.uuid,
      time: at.iso,
      type,
      subject: "zen:ticket:1",
      zendesk_event_version: "2022-11-06",
      detail: { id: "1", status: "OPEN", subject: "Grüße" },
      event: {},
    }),
  },
  zoom: {
    type: "meeting.started",
    body: (type, at) => ({
      event: type,
      event_ts: at.ms,
      payload: { account_id: "abc", object: { id: "1234567890", uuid: at.id, host_id: "x1yCzABCDEfg23HiJKl4mN", topic: "My Meeting", start_time: at.isoSeconds } },
    }),
  },
};
