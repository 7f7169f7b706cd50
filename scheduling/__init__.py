"""What a tenant sees of scheduling: its schedules, their cadences, and the runs they lead to."""
