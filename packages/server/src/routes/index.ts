/** The table: every route of the server. */
import type { Route } from "../route.ts";
import {
  approveCatalog,
  catalogFacts,
  catalogFleet,
  contributeCatalog,
  estimateCatalog,
  listCatalog,
  readCatalog,
  registerCatalog,
  waitForCatalog,
} from "./catalog.ts";
import { checkText } from "./checks.ts";
import { listDeadLetters, purgeDeadLetters, replayDeadLetters } from "./dead-letters.ts";
import { documentRoute } from "./document.ts";
import { listEvents, streamEvents } from "./events.ts";
import { exportLocale, exportNamespace } from "./export.ts";
import { getGlossary, putGlossary } from "./glossary.ts";
import { fleetBudgets, fleetUsage, listBudgets, projectUsage, removeBudget, setBudget } from "./money.ts";
import { cancel, fleetStatus, forget, listPauses, pause, projectStatus, resume } from "./operate.ts";
import { request } from "./requests.ts";
import {
  approveTranslation,
  getHistory,
  getTranslationById,
  rejectTranslation,
  reopenTranslation,
  undoReview,
} from "./review.ts";
import { reviewTranslations } from "./review-many.ts";
import { getTranslation, listTranslations, readTranslations, waitForTranslations } from "./translations.ts";
import { WEBHOOK_ROUTES } from "./webhooks.ts";
import { whyTranslation } from "./why.ts";

export const ROUTES: readonly Route[] = [
  request,
  getTranslation,
  readTranslations,
  listTranslations,
  waitForTranslations,
  getTranslationById,
  approveTranslation,
  rejectTranslation,
  reopenTranslation,
  undoReview,
  reviewTranslations,
  getHistory,
  whyTranslation,
  exportLocale,
  exportNamespace,
  listEvents,
  streamEvents,
  checkText,
  listDeadLetters,
  replayDeadLetters,
  purgeDeadLetters,
  projectStatus,
  cancel,
  forget,
  projectUsage,
  getGlossary,
  putGlossary,
  listBudgets,
  setBudget,
  removeBudget,
  ...WEBHOOK_ROUTES,
  fleetStatus,
  listPauses,
  pause,
  resume,
  fleetUsage,
  fleetBudgets,
  catalogFacts,
  registerCatalog,
  readCatalog,
  waitForCatalog,
  contributeCatalog,
  approveCatalog,
  listCatalog,
  estimateCatalog,
  catalogFleet,
  documentRoute(() => ROUTES),
];
