"""Each firing has its tenant, as a foreign key would see to, but asked once for each statement.

Postgres asks a key's question for each row, which was a tenth of planning a thousand. As with a
key, the tenants are locked so that none is deleted before the firings are committed, and one that
has firings is not deleted. A tenant's id never changes.
"""

import django.db.models.deletion
from django.db import migrations, models

ASK_TOGETHER = """
CREATE FUNCTION agenda_firings_have_tenants() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- An array, for which Postgres uses the primary key however many tenants there are.
    wanted bigint[] := ARRAY(SELECT DISTINCT tenant_id FROM new);
    found bigint;
BEGIN
    PERFORM FROM public.tenants_tenant WHERE id = ANY(wanted) FOR KEY SHARE;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found < cardinality(wanted) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a firing is of a tenant that is not there';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION agenda_firings_have_tenants() FROM PUBLIC;
CREATE TRIGGER agenda_firings_have_tenants AFTER INSERT ON agenda_firing
    REFERENCING NEW TABLE AS new FOR EACH STATEMENT EXECUTE FUNCTION agenda_firings_have_tenants();

CREATE FUNCTION agenda_keep_tenant_of_firings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.agenda_firing WHERE tenant_id = OLD.id) THEN
        RAISE foreign_key_violation USING MESSAGE = format('tenant %s has firings', OLD.id);
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION agenda_keep_tenant_of_firings() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER agenda_keep_tenant_of_firings AFTER DELETE ON tenants_tenant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agenda_keep_tenant_of_firings();
"""
ASK_FOR_EACH = """
DROP TRIGGER agenda_keep_tenant_of_firings ON tenants_tenant;
DROP FUNCTION agenda_keep_tenant_of_firings();
DROP TRIGGER agenda_firings_have_tenants ON agenda_firing;
DROP FUNCTION agenda_firings_have_tenants();
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0020_fewer_indexes"), ("tenants", "0005_blueprints")]
    operations = [
        migrations.AlterField(
            model_name="firing",
            name="tenant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="firings",
                to="tenants.tenant",
            ),
        ),
        migrations.RunSQL(ASK_TOGETHER, ASK_FOR_EACH),
    ]
