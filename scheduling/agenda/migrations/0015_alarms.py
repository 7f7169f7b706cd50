"""Alarms of missed runs: a tenant sees its own and writes none.

The two indexes of the ledger stand beside its model: they serve nothing but the alarms' statements.
"""

import django.db.models.deletion
from django.db import migrations, models

SHOW_OWN_ROWS = """
ALTER TABLE agenda_alarm ENABLE ROW LEVEL SECURITY;
CREATE POLICY "own rows" ON agenda_alarm FOR SELECT
    USING (tenant_id = (SELECT public.tenants_id_of_role(current_user)));
GRANT SELECT ON agenda_alarm TO PUBLIC;
"""
HIDE = """
REVOKE SELECT ON agenda_alarm FROM PUBLIC;
DROP POLICY "own rows" ON agenda_alarm;
ALTER TABLE agenda_alarm DISABLE ROW LEVEL SECURITY;
"""
INDEX = """
CREATE INDEX firing_unsettled ON agenda_firing (planned_at)
    WHERE state IN ('planned', 'published', 'started');
CREATE INDEX firing_gone_wrong ON agenda_firing (settled_at) WHERE outcome IN ('failed', 'missed');
"""
DROP_INDEX = """
DROP INDEX firing_gone_wrong;
DROP INDEX firing_unsettled;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('agenda', '0014_follow_the_clock'),
        ('tenants', '0004_count_suspensions'),
    ]

    operations = [
        migrations.CreateModel(
            name='AlarmPass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('held_until', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('failures_seen_until', models.DateTimeField(null=True)),
                ('platform_mailed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('periodic_task_id', models.BigIntegerField(verbose_name='periodic task')),
                ('name', models.CharField(max_length=200, verbose_name='schedule')),
                ('slot_at', models.DateTimeField(verbose_name='slot')),
                ('reason', models.CharField(choices=[('untaken', 'no scheduler took it'), ('held', 'too many runs of the tenant were under way'), ('unsent', 'it could not be sent to a worker'), ('unstarted', 'no worker began it'), ('unfinished', 'a worker began it, and it has not ended'), ('failed', 'it failed'), ('missed', 'its time had passed when a scheduler took it')], max_length=10, verbose_name='reason')),
                ('raised_at', models.DateTimeField(verbose_name='raised at')),
                ('recovered_at', models.DateTimeField(null=True, verbose_name='recovered at')),
                ('ending', models.CharField(blank=True, choices=[('ran', 'a run succeeded'), ('withdrawn', 'no run is expected: it was paused, changed, deleted or is over')], max_length=10, verbose_name='ended because')),
                ('owners_notified_at', models.DateTimeField(null=True, verbose_name='owners told at')),
                ('owners_recovery_notified_at', models.DateTimeField(null=True, verbose_name='owners told of the end at')),
                ('owners_tried_at', models.DateTimeField(null=True)),
                ('platform_notified_at', models.DateTimeField(null=True, verbose_name='platform told at')),
                ('platform_recovery_notified_at', models.DateTimeField(null=True, verbose_name='platform told of the end at')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alarms', to='tenants.tenant')),
            ],
            options={
                'verbose_name': 'alarm',
                'verbose_name_plural': 'alarms',
                'indexes': [models.Index(fields=['tenant', 'periodic_task_id', 'slot_at'], name='alarm_of_slot'), models.Index(fields=['-raised_at'], name='alarm_newest_first'), models.Index(condition=models.Q(('owners_notified_at__isnull', True), models.Q(('ending', 'ran'), ('owners_recovery_notified_at__isnull', True)), _connector='OR'), fields=['tenant'], name='alarm_owed_to_owners'), models.Index(condition=models.Q(('platform_notified_at__isnull', True), models.Q(('ending', 'ran'), ('platform_recovery_notified_at__isnull', True)), _connector='OR'), fields=['tenant'], name='alarm_owed_to_platform')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('recovered_at__isnull', True)), fields=('tenant', 'periodic_task_id'), name='alarm_is_open_once_per_schedule')],
            },
        ),
        migrations.RunSQL(SHOW_OWN_ROWS, HIDE),
        migrations.RunSQL(INDEX, DROP_INDEX),
    ]
