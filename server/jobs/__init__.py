"""What time alone sets in motion: waking subjects, reminders, escalations, daily lists."""
