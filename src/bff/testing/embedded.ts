/** Before each spec file of what runs on the embedded database too, while the others run on a PostgreSQL. */
delete process.env.TEST_DATABASE_URL;
