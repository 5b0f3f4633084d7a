"""Follows the journal: takes facts in, holds what breaks a rule, folds, publishes statuses, keeps the read model."""
