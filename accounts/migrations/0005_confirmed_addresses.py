"""Addresses in small letters, known as confirmed; permissions of analysts."""

from django.db import migrations
from django.db.models.functions import Lower


def confirm(apps, schema_editor):
    """Whoever has an account by now got it from an administrator."""
    people = apps.get_model("accounts", "User").objects.all()
    people.update(email=Lower("email"))
    address = apps.get_model("account", "EmailAddress")
    for user in people.iterator():
        address.objects.update_or_create(
            user=user, email=user.email, defaults={"primary": True, "verified": True}
        )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_tokens'),
        ('account', '0009_emailaddress_unique_primary_email'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='user',
            options={'ordering': ['email'], 'permissions': [('export_tables', 'Can take whole tables along'), ('run_backtest', 'Can run backtests')]},
        ),
        migrations.RunPython(confirm, migrations.RunPython.noop),
    ]
