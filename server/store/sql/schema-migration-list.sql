select version, name, breaking, program_version
from sluice.schema_migration
order by version;
