from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=64, unique=True)
    customer = models.CharField(max_length=200, blank=True)
    placed_at = models.DateTimeField()
    total = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, default="open")
    status_changed_at = models.DateTimeField()
    closed_at: models.DateTimeField = models.DateTimeField(null=True)

    def __str__(self):
        return self.number
