"""What phones sealed to this server when their user left before it was sent: opened, and taken in under the name of its author.

For: promises D13, F-06, F-23, S-28, S-29. Not for: the phone's half (pwa/src/vault), or ordinary pushes (sync).
"""
