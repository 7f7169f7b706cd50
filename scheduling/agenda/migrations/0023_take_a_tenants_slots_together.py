"""Of slots due at one instant a tenant's come together, so that what it has in flight is counted once.

Claiming waits while the index is made anew: a second or two at a million slots.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agenda', '0022_one_index_of_what_is_under_way'),
        ('tenants', '0005_blueprints'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='dueslot',
            name='dueslot_by_due_at',
        ),
        migrations.AddIndex(
            model_name='dueslot',
            index=models.Index(condition=models.Q(('due_at__isnull', False), ('held_until__isnull', True)), fields=['due_at', 'tenant', 'id'], name='dueslot_by_due_at'),
        ),
    ]
