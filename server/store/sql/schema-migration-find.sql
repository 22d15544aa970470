select to_regclass('sluice.schema_migration') is not null as found;
