from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "tests.attacks.naive.orders"
    label = "orders"
