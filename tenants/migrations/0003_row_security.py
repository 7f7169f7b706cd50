"""What a tenant may see of the platform's tables: its own rows, by the role that it works in."""

from django.db import migrations

SHOW_OWN_ROWS = """
GRANT USAGE ON SCHEMA public TO PUBLIC;

-- Policies ask it with current_user, which Postgres fills in and no statement of a tenant's can.
CREATE FUNCTION tenants_id_of_role(role name) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT tenant.id FROM public.tenants_installation installation, public.tenants_tenant tenant
    WHERE tenant.schema_name = substr(role::text, length('tb_' || installation.id || '_') + 1)
        AND role::text = 'tb_' || installation.id || '_' || tenant.schema_name
$$;

ALTER TABLE tenants_tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants_domain ENABLE ROW LEVEL SECURITY;
CREATE POLICY "own rows" ON tenants_tenant FOR SELECT
    USING (id = (SELECT public.tenants_id_of_role(current_user)));
CREATE POLICY "own rows" ON tenants_domain FOR SELECT
    USING (tenant_id = (SELECT public.tenants_id_of_role(current_user)));
GRANT SELECT ON tenants_tenant, tenants_domain TO PUBLIC;

-- Which tenant a request is for is asked before anybody's role is known.
CREATE FUNCTION tenants_at_host(host text) RETURNS SETOF tenants_tenant
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT tenant.* FROM public.tenants_tenant tenant
        JOIN public.tenants_domain domain ON domain.tenant_id = tenant.id
    WHERE domain.domain = host
$$;
CREATE FUNCTION tenants_host_digests() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT ('x' || substr(md5(domain), 1, 16))::bit(64)::bigint FROM public.tenants_domain
$$;
REVOKE ALL ON FUNCTION tenants_at_host(text), tenants_host_digests() FROM PUBLIC;
"""
HIDE = """
DROP FUNCTION tenants_host_digests();
DROP FUNCTION tenants_at_host(text);
REVOKE SELECT ON tenants_tenant, tenants_domain FROM PUBLIC;
DROP POLICY "own rows" ON tenants_domain;
DROP POLICY "own rows" ON tenants_tenant;
ALTER TABLE tenants_domain DISABLE ROW LEVEL SECURITY;
ALTER TABLE tenants_tenant DISABLE ROW LEVEL SECURITY;
DROP FUNCTION tenants_id_of_role(name);
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_installation")]
    operations = [migrations.RunSQL(SHOW_OWN_ROWS, HIDE)]
