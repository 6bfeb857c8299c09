/** Runs before each spec file that is to use the embedded database, even when TEST_DATABASE_URL makes the others use a PostgreSQL. */
delete process.env.TEST_DATABASE_URL;
