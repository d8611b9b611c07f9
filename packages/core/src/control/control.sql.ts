/** Statements of control by operators. The work itself is in the SQL functions (migrations/0007). */
import { z } from "zod";
import { statement } from "../database/statement.ts";

const Count = z.coerce.number();

/** Project, business id; or project, source locale, text, and (null: every) context and format. */
export const forgetText = statement({
  name: "control.forget",
  row: z.object({ forgotten: Count, still_used: Count }),
  text: `
    select forgotten, still_used
    from trans_hub.forget($1::text, $2::text, $3::text, $4::text, $5::text, $6::text)`,
});
