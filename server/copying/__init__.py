"""Moving an installation's documents from one store to the other, whole or not at all.

For: `xunlu copy`: carrying.py brings everything over, comparing.py proves it, ends.py opens both ends and clears away what was
cut off.
Not for: backups, or accounts, read model and photos, which stay where they are.
"""
