/** How much of the suite runs. */

/**
 * Whether tests run that show a fact a second time, by another way to it. `npm test` leaves them out, since it must end within 20
 * minutes on two cores; hosted continuous integration and `npm run test:all` have them (CONTRIBUTING.md).
 */
export const TESTS_ALL = process.env.TH_TEST_ALL === "1";
