"""The dead man's switch: a slot that is not settled within its grace is told, beat or no beat."""
