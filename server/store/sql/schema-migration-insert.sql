insert into sluice.schema_migration (version, name, breaking, program_version)
values ($1, $2, $3, $4);
