/** Trans-Hub over HTTP. */
export type { AnsweredRequest } from "./app.ts";
export { type AuthenticationOptions, authentication } from "./auth/authentication.ts";
export type { Authenticator } from "./auth/authenticator.ts";
export type { Credentials } from "./auth/credentials.ts";
export type { Grant, Identity } from "./auth/grant.ts";
export type { Principal, Scope } from "./auth/principal.ts";
export type { GroupGrant, ProxyLoginKeys, ProxyLoginOptions } from "./auth/proxy-login.ts";
export type { FleetSettings } from "./fleet-settings.ts";
export { openApiDocument } from "./openapi.ts";
export {
  createHandler,
  type ListenOptions,
  type MountedHandler,
  type Server,
  type ServerOptions,
  startServer,
  transHub,
} from "./server.ts";
export { type DeliveryOptions, startWebhooks, type WebhookObserver } from "./webhooks/deliver.ts";
export { WebhookDesk, type WebhookSettings } from "./webhooks/desk.ts";
