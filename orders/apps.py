from django.apps import AppConfig
from django.db.models.signals import post_delete


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from orders.stored_files import remove_file

        post_delete.connect(remove_file, sender="orders.OrderFile")
