/** In an order that is mixed, and the same at every run. */
export function shuffled<Each>(entries: readonly Each[]): Each[] {
  let state = 20_260;
  const ordered = [...entries];
  for (let at = ordered.length - 1; at > 0; at -= 1) {
    state = (state * 48_271) % 2_147_483_647;
    const other = state % (at + 1);
    const [a, b] = [ordered[at], ordered[other]];
    if (a !== undefined && b !== undefined) [ordered[at], ordered[other]] = [b, a];
  }
  return ordered;
}
